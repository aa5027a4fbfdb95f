package backstop_test

import (
	"context"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestSecretsStay lets a program panic with a password, once under a guard and
// once under the monitor's eyes.
func TestSecretsStay(t *testing.T) {
	needMonitor(t)
	t.Parallel()
	for env, want := range map[string]bool{"": false, "BACKSTOP_SEND_VALUES=1": true} {
		c := crashtest.NewCollector(t)
		crashtest.Run(t, "secretive", crashtest.Options{Env: []string{
			"BACKSTOP_COLLECTOR=" + c.URL, "BACKSTOP_SPOOL=" + crashtest.SpoolDir(t), env,
		}})
		crashtest.Eventually(t, "both panics arrive", func() bool { return len(c.Events()) == 2 })
		for _, raw := range c.Events() {
			if got := strings.Contains(string(raw), "hunter2"); got != want {
				t.Errorf("with %q the password is sent: %v", env, got)
			}
			if !strings.Contains(string(raw), "login failed: password=") {
				t.Errorf("with %q too much is lost:\n%s", env, raw)
			}
		}
	}
}

// TestRedactOption applies the program's own rules to what guards send and hooks
// see, also when they fail.
func TestRedactOption(t *testing.T) {
	for name, c := range map[string]struct {
		redact func(string) string
		want   string
	}{
		"a rule":   {func(s string) string { return strings.ReplaceAll(s, "Ada", "[name]") }, "[name] is not here, token=[redacted]"},
		"at fault": {func(string) string { panic("redact") }, "[redacted]"},
	} {
		t.Run(name, func(t *testing.T) {
			o := backstop.Options{Redact: c.redact, SpoolDir: t.TempDir()}
			start(t, o)
			var heard string
			defer backstop.OnCrash(func(_ context.Context, c *backstop.Crash) { heard = c.Text })()
			func() {
				defer backstop.Recover()
				raise("Ada is not here, token=abc123")
			}()
			backstop.Settle(t)
			got := spooled(t, o.SpoolDir)
			if len(got) != 1 || text(got[0].Message) != c.want || heard != c.want || strings.Contains(got[0].PanicValue, "Ada") {
				t.Errorf("hooks hear %q, want %q\n%s", heard, c.want, show(got))
			}
		})
	}
}

// TestRedactReachesTheMonitor has a rule of the program's own for a panic that
// guard and monitor see.
func TestRedactReachesTheMonitor(t *testing.T) {
	needMonitor(t)
	t.Parallel()
	_, events := crashed(t, "own-rules", 2)
	for _, e := range events {
		if text(e.Message) != "no account for [name]" || e.Class != "panic.custom" || strings.Contains(e.Text+e.PanicValue, "Ada") {
			t.Errorf("%v: class %s, message %q\n%s", e.Observers, e.Class, text(e.Message), e.Text)
		}
	}
	if all := merged(events); len(all) != 1 {
		t.Errorf("%d events", len(all))
	}
}

// TestLongTextsAreCutAfterMasking has a password where the text is cut.
func TestLongTextsAreCutAfterMasking(t *testing.T) {
	events := startIn(t)
	func() {
		defer backstop.Recover()
		raise(strings.Repeat("x ", 4<<10-8) + "password=hunter2hunter2hunter2 and more")
	}()
	got := events()
	if len(got) != 1 || strings.Contains(text(got[0].Message), "hunter") || len(text(got[0].Message)) > 9<<10 {
		t.Errorf("%d bytes of message: ...%s", len(text(got[0].Message)), text(got[0].Message)[8<<10-40:])
	}
}
