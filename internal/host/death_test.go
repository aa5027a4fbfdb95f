package host

import (
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

func TestDeath(t *testing.T) {
	for _, c := range []struct {
		exit    event.Exit
		class   crash.Class
		message string
	}{
		{event.Exit{}, "", ""},
		{event.Exit{Status: 3}, "exit.os_exit", "exit status 3"},
		{event.Exit{Status: -1, Signal: "SIGTERM"}, "kill.sigterm", "killed by SIGTERM"},
		{event.Exit{Status: -1, Signal: "SIGKILL", OOM: true}, "kill.oom", "killed by the kernel's OOM killer"},
	} {
		class, message := Death(&c.exit)
		if class != c.class || message != c.message {
			t.Errorf("%+v: %q, %q", c.exit, class, message)
		}
		if info := crash.Explain(class); class != "" && info.Title == "" {
			t.Errorf("%s is in no table", class)
		}
	}
}
