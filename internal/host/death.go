package host

import (
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// Death says what the end of a process is that left no text: its class, and a
// message. The class is empty when the process ended well.
func Death(x *event.Exit) (class crash.Class, message string) {
	switch {
	case x.OOM:
		return "kill.oom", "killed by the kernel's OOM killer"
	case x.Signal != "":
		return crash.Class("kill." + strings.ToLower(x.Signal)), "killed by " + x.Signal
	case x.Status != 0:
		return "exit.os_exit", "exit status " + strconv.Itoa(x.Status)
	}
	return "", ""
}
