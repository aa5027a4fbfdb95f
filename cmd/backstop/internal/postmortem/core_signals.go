package postmortem

import "fmt"

// Numbers of signals of Linux on amd64 (signal(7)).
const (
	sigQUIT = 3
	sigILL  = 4
	sigABRT = 6
	sigBUS  = 7
	sigFPE  = 8
	sigSEGV = 11
	sigXCPU = 24
	sigXFSZ = 25
	sigSYS  = 31
)

// signalTexts are what the runtime calls signals that leave a core
// (runtime/sigtab_linux_generic.go).
var signalTexts = map[int]string{
	1: "SIGHUP: terminal line hangup", 2: "SIGINT: interrupt", 3: "SIGQUIT: quit", 4: "SIGILL: illegal instruction",
	5: "SIGTRAP: trace trap", 6: "SIGABRT: abort", 7: "SIGBUS: bus error", 8: "SIGFPE: floating-point exception",
	9: "SIGKILL: kill", 10: "SIGUSR1: user-defined signal 1", 11: "SIGSEGV: segmentation violation",
	12: "SIGUSR2: user-defined signal 2", 13: "SIGPIPE: write to broken pipe", 14: "SIGALRM: alarm clock",
	15: "SIGTERM: termination", 16: "SIGSTKFLT: stack fault", 19: "SIGSTOP: stop, unblockable",
	23: "SIGURG: urgent condition on socket", 24: "SIGXCPU: cpu limit exceeded", 25: "SIGXFSZ: file size limit exceeded", 31: "SIGSYS: bad system call",
}

func signalText(number int) string {
	if text, ok := signalTexts[number]; ok {
		return text
	}
	return fmt.Sprintf("Signal %d", number)
}
