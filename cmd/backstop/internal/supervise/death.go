package supervise

import (
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
)

// raceStatus is what a program built with -race exits with when it has reported
// races (GORACE "exitcode", default 66).
const raceStatus = 66

// report says how a process died that left no traceback: nil when it ended well,
// when it was asked to stop, and when the races it reported are the reason.
func (d *death) report(sawRace bool) *crash.Report {
	class, message := host.Death(&d.exit)
	r := &crash.Report{Crash: -1, Kind: crash.KindExit, Class: class, Message: message, HasMessage: true}
	switch {
	case d.stopped, class == "", d.exit.Status == raceStatus && sawRace:
		return nil
	case d.sig != 0:
		r.Kind, r.Signal.Name = crash.KindKill, d.exit.Signal
		if d.why != "" {
			r.Message += ": " + d.why
		}
		d.explain(r)
	case d.exit.OOM:
		r.Kind, r.Message = crash.KindKill, "the kernel's OOM killer killed a child of it; exit status "+strconv.Itoa(d.exit.Status)
	case d.exit.Status == 1 && d.last != "":
		r.Class, r.Message = "exit.log_fatal", OneLine(d.last, maxLast)
	}
	r.Fingerprints = crash.Fingerprint(r)
	return r
}

// explain takes what a C library said before it aborted for the message of a
// crash that has no other.
func (d *death) explain(r *crash.Report) {
	if d.library == "" || r.Signal.Name != "SIGABRT" || r.Kind == crash.KindSignal && r.HasMessage {
		return
	}
	r.Message, r.HasMessage = OneLine(d.library, maxLibrary), true
	r.Fingerprints = crash.Fingerprint(r)
}

// raised reports whether the process is certain to have sent itself the signal
// that ended it: the runtime raises one after a traceback (runtime/signal_unix.go,
// crash), and a C library calls abort after its last words.
func (d *death) raised(e *event.Event) bool {
	switch {
	case d.sig == 0 || d.sig == syscall.SIGKILL:
		return false
	case e.Report.Kind == crash.KindKill:
		return d.sig == syscall.SIGABRT && d.library != ""
	}
	return d.sig == syscall.SIGABRT || e.Report.Signal.Name == d.exit.Signal
}

// OneLine makes text of a stranger fit to be printed: on one line, without
// control characters, invalid UTF-8 replaced, at most max bytes long.
func OneLine(s string, max int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r): // Cf: bidirectional overrides and their kind
			return -1
		}
		return r
	}, s)
	if len(s) <= max {
		return s
	}
	const more = "..."
	cut := max - len(more)
	for cut > 0 && s[cut]&0xC0 == 0x80 { // not inside a character
		cut--
	}
	return s[:cut] + more
}
