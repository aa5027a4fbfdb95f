//go:build unix

package supervise

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSecretsStay: what an event says holds no secret unless that is asked for,
// and what passes through is what the program wrote.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	const text = "dial postgres://app:hunter2@db/shop for bob@example.com"
	const masked = "dial postgres://[redacted]@db/shop for [redacted email]"
	for way, class := range map[string]string{"panic-with": "panic.custom", "fatal-with": "exit.log_fatal"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := supervise(t, Options{}, way, text)
			if len(s.all) != 1 || string(s.all[0].Class) != class || !strings.HasSuffix(*s.all[0].Message, masked) {
				t.Fatalf("events %v", summary(s.all))
			}
			data, err := json.Marshal(s.all[0])
			if err != nil {
				t.Fatal(err)
			}
			if event := string(data); strings.Contains(event, "hunter2") || strings.Contains(event, "bob@") {
				t.Errorf("the event tells: %s", event)
			}
			if !strings.Contains(s.stderr, text) {
				t.Errorf("stderr was changed: %s", s.stderr)
			}
			s = supervise(t, Options{SendValues: true}, way, text)
			if len(s.all) != 1 || !strings.HasSuffix(*s.all[0].Message, text) {
				t.Errorf("with SendValues: events %v", summary(s.all))
			}
		})
	}
}

func TestSendValuesReachesTheSDK(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Env: []string{"PATH=/bin"}, SendValues: true}, "1"},
		{Options{Env: []string{"PATH=/bin"}}, ""},
		{Options{Env: []string{"PATH=/bin", "BACKSTOP_SEND_VALUES=0"}, SendValues: true}, "0"},
	} {
		c.o.Command = []string{"sh"}
		s, err := newSupervisor(c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := lookup(s.childEnv(), "BACKSTOP_SEND_VALUES"); got != c.want {
			t.Errorf("%+v: %q, want %q", c.o, got, c.want)
		}
	}
}
