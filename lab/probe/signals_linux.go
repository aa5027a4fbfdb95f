package main

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func init() {
	register("signal-handlers", signalHandlers)
	register("notify-fault", notifyFault)
}

// signalHandlers tells for which signals this process has a handler, though it
// asked for none.
func signalHandlers() {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		say("error", err)
		return
	}
	for _, line := range strings.Split(string(status), "\n") {
		text, ok := strings.CutPrefix(line, "SigCgt:")
		if !ok {
			continue
		}
		caught, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
		if err != nil {
			say("error", err)
			return
		}
		for name, sig := range map[string]syscall.Signal{
			"SIGABRT": syscall.SIGABRT, "SIGQUIT": syscall.SIGQUIT, "SIGSEGV": syscall.SIGSEGV,
			"SIGTERM": syscall.SIGTERM, "SIGUSR1": syscall.SIGUSR1, "SIGKILL": syscall.SIGKILL,
		} {
			say(name, caught>>(sig-1)&1 == 1)
		}
	}
}

// notifyFault asks for SIGSEGV, and sees what the channel gets of a fault of its
// own, and of a signal that was sent.
func notifyFault() {
	arrived := make(chan os.Signal, 8)
	signal.Notify(arrived, syscall.SIGSEGV)
	got := func() bool {
		select {
		case <-arrived:
			return true
		case <-time.After(200 * time.Millisecond):
			return false
		}
	}
	say("fault_recovered", nilFault() != nil)
	say("fault_in_channel", got())
	if err := syscall.Kill(os.Getpid(), syscall.SIGSEGV); err != nil {
		say("error", err)
		return
	}
	say("sent_in_channel", got())
}

func nilFault() (value any) {
	defer func() { value = recover() }()
	var p *int
	return *p
}
