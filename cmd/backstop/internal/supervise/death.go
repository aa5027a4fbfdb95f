package supervise

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/backstop-go/backstop/crash"
)

// raceStatus is what a program built with -race exits with when it has reported
// races (GORACE "exitcode", default 66).
const raceStatus = 66

// report says how a process died that left no traceback: nil when it ended well,
// when it was asked to stop, and when the races it reported are the reason.
func (d *death) report(sawRace bool) *crash.Report {
	r := &crash.Report{Crash: -1, HasMessage: true}
	switch {
	case d.stopped:
		return nil
	case d.exit.OOM:
		r.Kind, r.Class = crash.KindKill, "kill.oom"
		r.Message = "killed by the kernel's OOM killer"
	case d.sig != 0:
		r.Kind = crash.KindKill
		r.Class = crash.Class("kill." + strings.ToLower(d.exit.Signal))
		r.Message = "killed by " + d.exit.Signal
	case d.exit.Status == 0, d.exit.Status == raceStatus && sawRace:
		return nil
	case d.exit.Status == 1 && d.last != "":
		r.Kind, r.Class = crash.KindExit, "exit.log_fatal"
		r.Message = OneLine(d.last, maxLast)
	default:
		r.Kind, r.Class = crash.KindExit, "exit.os_exit"
		r.Message = fmt.Sprintf("exit status %d", d.exit.Status)
	}
	if d.sig != 0 {
		r.Signal.Name = d.exit.Signal
	}
	r.Fingerprints = crash.Fingerprint(r)
	return r
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
