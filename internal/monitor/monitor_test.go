package monitor

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/event"
)

func TestEnvironHandsOverAndLimits(t *testing.T) {
	c := Config{Key: "k", Event: event.Evidence{Service: "svc", Process: event.Process{PID: 7}}}
	env, err := environ([]string{"A=b", "GOMEMLIMIT=8GiB", "GOMAXPROCS=64", "GOGC=400", envConfig + "=old", "HTTPS_PROXY=p"}, &c)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if _, twice := got[name]; !twice { // the first counts
			got[name] = value
		}
	}
	if got["A"] != "b" || got["HTTPS_PROXY"] != "p" || got["GOMEMLIMIT"] != "64MiB" || got["GOMAXPROCS"] != "1" || got["GOGC"] != "100" {
		t.Errorf("environment %v", got)
	}
	var back Config
	if err := json.Unmarshal([]byte(got[envConfig]), &back); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("configuration %+v (%v), want %+v", back, err, c)
	}
}

// TestChildIsNotFooled gives the variable to a process that is no monitor: one
// that a child started, or a user's experiment.
func TestChildIsNotFooled(t *testing.T) {
	another := event.Evidence{Process: event.Process{PID: os.Getppid() + 1<<20}}
	other := Config{Event: another, Exe: "/some/other/program"}
	mine := Config{Event: event.Evidence{Process: event.Process{PID: os.Getppid()}}}
	orphan := Config{Event: another, Exe: executable()}
	encode := func(c Config) string {
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for name, c := range map[string]struct {
		value string
		want  bool
	}{
		"another program":         {encode(other), false},
		"nonsense":                {"1", false},
		"empty":                   {"", false},
		"child of its parent":     {encode(mine), true},
		"child whose parent died": {encode(orphan), true},
	} {
		t.Setenv(envConfig, c.value)
		if _, got := Child(); got != c.want {
			t.Errorf("%s: taken for a monitor: %v, want %v", name, got, c.want)
		}
		if _, set := os.LookupEnv(envConfig); set {
			t.Errorf("%s: the variable is still set, and would be inherited", name)
		}
	}
	if _, got := Child(); got {
		t.Error("taken for a monitor without the variable")
	}
}
