package crash

import (
	"bytes"
	"strings"
)

// A cause is what a headline says.
type cause struct {
	kind      Kind
	message   []byte
	recovered bool // logged by somebody who recovered: the process lives
	signal    string

	indented bool // the stack stands behind a tab (klog)
	gin      bool // a request and the value follow, then a stack in gin's own form
}

// parseCause recognises the first line of a crash. Only what the runtime
// prints at the start of a line counts, and the log lines of those who recover
// and are known to print a stack.
func parseCause(line []byte) (cause, bool) {
	if len(line) < 5 {
		return cause{}, false
	}
	switch line[0] {
	case 'p':
		if rest, ok := bytes.CutPrefix(line, []byte("panic: ")); ok {
			return cause{kind: KindPanic, message: rest}, true
		}
		if string(line) == "panic:" {
			return cause{kind: KindPanic}, true // an empty message, trimmed on the way
		}
	case 'f':
		if rest, ok := bytes.CutPrefix(line, []byte("fatal error: ")); ok {
			for twice := true; twice; { // two threads fail at once
				rest, twice = bytes.CutPrefix(rest, []byte("fatal error: "))
			}
			return cause{kind: KindFatal, message: rest}, true
		}
		if rest, ok := bytes.CutPrefix(line, []byte("fatal: ")); ok && byHand(rest) {
			return cause{kind: KindFatal, message: rest}, true
		}
	case 'r':
		if rest, ok := bytes.CutPrefix(line, []byte("runtime/cgo: ")); ok && byHand(rest) {
			return cause{kind: KindFatal, message: line}, true
		}
	case 'S':
		if name, ok := parseSignalLine(line); ok {
			return cause{kind: KindSignal, signal: name}, true
		}
	case 'E':
		if rest, ok := bytes.CutPrefix(line, []byte("Exception 0x")); ok && digitsHex(rest) > 0 {
			return cause{kind: KindSignal, signal: "Exception 0x" + string(rest[:digitsHex(rest)]), message: rest[digitsHex(rest):]}, true
		}
	case 't':
		// Go 1.0 (runtime/panic.c, runtime·throw).
		if rest, ok := bytes.CutPrefix(line, []byte("throw: ")); ok {
			return cause{kind: KindFatal, message: rest}, true
		}
	case 'W':
		if string(line) == "WARNING: DATA RACE" || bytes.HasPrefix(line, []byte("WARNING: ThreadSanitizer: data race")) {
			return cause{kind: KindRace}, true
		}
	}
	return recoveredCause(line)
}

// byHand recognises the headlines that the runtime writes without its print,
// where it cannot print any more, and aborts: on the wrong stack
// (runtime/proc.go, badmorestackg0, and its like) and in C
// (runtime/cgo/gcc_fatalf.c). The traceback is then that of the abort.
func byHand(text []byte) bool {
	for _, known := range [...]string{
		"bad g in signal handler", "concurrent switchToCrashStack", "morestack on g", "recursive switchToCrashStack",
		"systemstack called from unexpected goroutine",
		"malloc failed", "out of memory in thread_start", "pthread_create failed", "pthread_key_create failed",
	} {
		if bytes.HasPrefix(text, []byte(known)) {
			return true
		}
	}
	return false
}

// signalNames are the names of the tables in runtime/sigtab_*.go, which are
// printed when a signal kills the process.
var signalNames = map[string]bool{
	"SIGABRT": true, "SIGALRM": true, "SIGBUS": true, "SIGCHLD": true, "SIGCONT": true,
	"SIGEMT": true, "SIGFPE": true, "SIGHUP": true, "SIGILL": true, "SIGINFO": true,
	"SIGINT": true, "SIGIO": true, "SIGKILL": true, "SIGPIPE": true, "SIGPOLL": true,
	"SIGPROF": true, "SIGPWR": true, "SIGQUIT": true, "SIGSEGV": true, "SIGSTKFLT": true,
	"SIGSTOP": true, "SIGSYS": true, "SIGTERM": true, "SIGTRAP": true, "SIGTSTP": true,
	"SIGTTIN": true, "SIGTTOU": true, "SIGURG": true, "SIGUSR1": true, "SIGUSR2": true,
	"SIGVTALRM": true, "SIGWINCH": true, "SIGXCPU": true, "SIGXFSZ": true, "SIGTHR": true,
}

// parseSignalLine reads "SIGABRT: abort" and, for signals that have no name,
// "Signal 34".
func parseSignalLine(line []byte) (string, bool) {
	name, text, found := bytes.Cut(line, []byte(": "))
	if found && len(text) > 0 && signalNames[string(name)] {
		return string(name), true
	}
	rest, ok := bytes.CutPrefix(line, []byte("Signal "))
	if ok && len(rest) > 0 && len(rest) < 4 && digits(rest) == len(rest) {
		return string(line), true
	}
	return "", false
}

func digitsHex(b []byte) int {
	n := 0
	for n < len(b) && (('0' <= b[n] && b[n] <= '9') || ('a' <= b[n] && b[n] <= 'f')) {
		n++
	}
	return n
}

// parseBracketSignal reads "[signal SIGSEGV: segmentation violation code=0x1
// addr=0x0 pc=0x48]", printed after a panic or a fault. On Windows the name is
// an exception code, "[signal 0xc0000005 code=0x0 addr=0x0 pc=0x48]".
func parseBracketSignal(line []byte) (Signal, bool) {
	rest, ok := bytes.CutPrefix(line, []byte("[signal "))
	if !ok {
		return Signal{}, false
	}
	rest, ok = bytes.CutSuffix(bytes.TrimRight(rest, " \t"), []byte("]"))
	if !ok && !bytes.Contains(rest, []byte(" code=0x")) { // cut short
		return Signal{}, false
	}
	var s Signal
	for i, field := range strings.Fields(string(rest)) {
		if i == 0 {
			s.Name = signalName(strings.TrimSuffix(field, ":"))
		}
		s.field(field)
	}
	return s, s.Name != ""
}

// signalName gives the signals that become panics their names, where a number
// was printed (until Go 1.5): they are the same on all systems but for SIGBUS,
// which is 7 on Linux and 10 elsewhere.
func signalName(s string) string {
	switch s {
	case "0x7", "0xa":
		return "SIGBUS"
	case "0x8":
		return "SIGFPE"
	case "0xb":
		return "SIGSEGV"
	}
	return s
}

// field takes one "key=value" of a signal's description.
func (s *Signal) field(field string) {
	key, value, ok := strings.Cut(field, "=")
	if !ok {
		return
	}
	switch key {
	case "code", "sigcode":
		s.Code = value
	case "addr":
		s.Addr = value
	case "pc", "PC":
		s.PC = value
	}
}

// panicMarks cuts the marker that runtime.printpanics adds after a value.
func panicMarks(message string) Panic {
	p := Panic{Message: message}
	if trimmed := strings.TrimRight(message, " \t"); strings.HasSuffix(trimmed, "]") {
		message = trimmed
	}
	if rest, ok := strings.CutSuffix(message, " [recovered, repanicked]"); ok {
		p.Message, p.Recovered, p.Repanicked = rest, true, true
	} else if rest, ok := strings.CutSuffix(message, " [recovered]"); ok {
		p.Message, p.Recovered = rest, true
	} else if rest, ok := strings.CutSuffix(message, " [goexit]"); ok {
		p.Message, p.Goexit = rest, true
	}
	return p
}

// exceptionFields reads what stands behind the code of a Windows exception:
// two words of information, for an access violation its kind and its address,
// and the program counter (runtime/signal_windows.go, winthrow).
func (s *Signal) exceptionFields(text []byte) {
	fields := bytes.Fields(text)
	for i, to := range [...]*string{&s.Code, &s.Addr, &s.PC} {
		if i < len(fields) && bytes.HasPrefix(fields[i], []byte("0x")) {
			*to = string(fields[i])
		}
	}
}
