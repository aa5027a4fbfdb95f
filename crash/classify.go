package crash

import "strings"

// A rule names the class of the crashes it matches. Every condition that is
// set must hold. The order of the rules decides: the first match wins.
type rule struct {
	class Class
	kind  Kind

	exact    string // the whole message
	prefix   string // the beginning of the message
	contains string // anywhere in the message
	frame    string // beginning of the name of a frame above the first application frame
	caller   string // beginning of the name of the frame below that one
	signal   string // beginning of Signal.Name
	inCgo    bool
	fault    bool // the signal's address is none that a nil pointer leads to
}

// Classify names the class of a report. Kind and Message decide; where the
// message is missing the frames above the application's do. It works for
// parsed text and for reports made from a recovered value alike, and never
// returns an empty class.
func Classify(r *Report) Class {
	switch r.Kind {
	case KindRace:
		return "race"
	case KindHang:
		return "hang"
	case KindFragment, "":
		return "fragment"
	case KindExit:
		if r.HasMessage {
			return "exit.log_fatal"
		}
		return "exit.os_exit"
	}
	if i := matchRule(r); i >= 0 {
		return rules[i].class
	}
	switch r.Kind {
	case KindPanic:
		return "panic.custom"
	case KindFatal:
		if !r.HasMessage {
			if asleep(r) {
				return "fatal.deadlock"
			}
			if throwAt(r.CrashStack()) < 0 && throwAt(r.RuntimeStack) < 0 {
				return "fatal.unknown"
			}
		}
		return "fatal.runtime"
	case KindKill:
		return "kill.other"
	default:
		return "signal.other"
	}
}

// matchRule returns the index of the first rule that matches, -1 for none.
func matchRule(r *Report) int {
	message, _, _ := strings.Cut(r.Message, "\n")
	causes := causeFrames(r)
	for i := range rules {
		if rules[i].matches(r, message, causes) {
			return i
		}
	}
	return -1
}

func (u *rule) matches(r *Report, message string, causes []Frame) bool {
	if u.kind != r.Kind || u.inCgo && !r.Signal.InCgo {
		return false
	}
	if u.fault && !r.Signal.fault() {
		return false
	}
	if !strings.HasPrefix(r.Signal.Name, u.signal) {
		return false
	}
	if u.exact != "" && strings.TrimRight(message, " \t") != u.exact ||
		u.prefix != "" && !strings.HasPrefix(message, u.prefix) ||
		u.contains != "" && !strings.Contains(message, u.contains) {
		return false
	}
	if u.frame == "" {
		return true
	}
	if r.HasMessage && !u.anyMessage() {
		return false
	}
	for i := range causes {
		if strings.HasPrefix(causes[i].Func, u.frame) {
			return u.caller == "" || i+1 < len(causes) && strings.HasPrefix(causes[i+1].Func, u.caller)
		}
	}
	return false
}

// fault reports whether a signal came from an address that is not near nil. The
// runtime panics for those only under debug.SetPanicOnFault, and with the text
// of a nil pointer dereference (runtime/signal_unix.go, sigpanic: addresses
// below 0x1000 are nil). Linux on amd64 does not tell a non-canonical address:
// code 0x80 (SI_KERNEL) and address 0.
func (s *Signal) fault() bool {
	if s.Name == "SIGSEGV" && s.Code == "0x80" {
		return true
	}
	digits := strings.TrimLeft(strings.TrimPrefix(s.Addr, "0x"), "0")
	return len(digits) > len("fff")
}

// anyMessage reports whether the rule's frame decides even when there is a
// message: log.Panic's message can be anything.
func (u *rule) anyMessage() bool { return u.frame == "log." || u.frame == "log/slog." }

// causeFrames are the frames that say why a stack ended: those between the
// deepest panic, or the throw, and the first application frame, on the
// runtime's own stack and on the goroutine's.
func causeFrames(r *Report) []Frame {
	var causes []Frame
	for _, stack := range [][]Frame{r.RuntimeStack, r.CrashStack()} {
		from := 0
		if r.Kind == KindPanic {
			from = panicAt(stack) + 1
		}
		for i := from; i < len(stack) && i < from+24 && !IsApp(stack[i].Func); i++ {
			causes = append(causes, stack[i])
		}
	}
	return causes
}
