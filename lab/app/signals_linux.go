package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func init() {
	for name, sig := range map[string]syscall.Signal{
		"sig-hup": syscall.SIGHUP, "sig-int": syscall.SIGINT, "sig-quit": syscall.SIGQUIT,
		"sig-ill": syscall.SIGILL, "sig-trap": syscall.SIGTRAP, "sig-abrt": syscall.SIGABRT,
		"sig-bus": syscall.SIGBUS, "sig-fpe": syscall.SIGFPE, "sig-kill": syscall.SIGKILL,
		"sig-usr1": syscall.SIGUSR1, "sig-segv": syscall.SIGSEGV, "sig-usr2": syscall.SIGUSR2,
		"sig-pipe": syscall.SIGPIPE, "sig-alrm": syscall.SIGALRM, "sig-term": syscall.SIGTERM,
		"sig-stkflt": syscall.SIGSTKFLT, "sig-chld": syscall.SIGCHLD, "sig-cont": syscall.SIGCONT,
		"sig-stop": syscall.SIGSTOP, "sig-urg": syscall.SIGURG, "sig-xcpu": syscall.SIGXCPU,
		"sig-xfsz": syscall.SIGXFSZ, "sig-vtalrm": syscall.SIGVTALRM, "sig-prof": syscall.SIGPROF,
		"sig-winch": syscall.SIGWINCH, "sig-io": syscall.SIGIO, "sig-pwr": syscall.SIGPWR,
		"sig-sys": syscall.SIGSYS, "sig-rt34": syscall.Signal(34), "sig-rt40": syscall.Signal(40),
	} {
		sig := sig
		register(name, func() { killSelf(sig) })
	}
	register("notify-abrt", func() { notify(syscall.SIGABRT) })
	register("notify-quit", func() { notify(syscall.SIGQUIT) })
	register("notify-segv-external", func() { notify(syscall.SIGSEGV) })
	register("notify-segv-nil-deref", notifySegvNilDeref)
	register("notify-segv-unmapped", notifySegvUnmapped)
	register("ignore-segv-nil-deref", ignoreSegvNilDeref)
	register("notify-usr1-drill", notifyUsr1Drill)
	register("stdout-broken-pipe", stdoutBrokenPipe)
	register("stderr-broken-pipe", stderrBrokenPipe)
	register("xcpu-rlimit", xcpuRlimit)
	register("xfsz-rlimit", xfszRlimit)
}

// killSelf sends a signal to its own process, as `kill` would from outside, and
// lives on for a moment when nothing comes of it.
func killSelf(sig syscall.Signal) {
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		panic(err)
	}
	time.Sleep(300 * time.Millisecond)
}

// notify asks for a signal, gets it, and goes on: from then on it is a message
// like any other, whatever it did before.
func notify(sig syscall.Signal) {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, sig)
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		panic(err)
	}
	select {
	case s := <-arrived:
		fmt.Println("got", s)
	case <-time.After(300 * time.Millisecond):
		fmt.Println("got nothing")
	}
}

// notifySegvNilDeref asks for SIGSEGV and then follows a nil pointer. Notify is for
// signals that somebody sent; a fault of the program's own stays a panic.
func notifySegvNilDeref() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGSEGV)
	fmt.Println(lastOrder().total)
}

// notifySegvUnmapped asks for SIGSEGV and then reads where nothing is mapped.
func notifySegvUnmapped() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGSEGV)
	loadByte(0x0dead000)
}

// ignoreSegvNilDeref asks for SIGSEGV to be ignored, which a fault cannot be.
func ignoreSegvNilDeref() {
	signal.Ignore(syscall.SIGSEGV)
	fmt.Println(lastOrder().total)
}

type order struct{ total int }

//go:noinline
func lastOrder() *order { return nil }

// notifyUsr1Drill plants a panic that SIGUSR1 sets off. It is a panic in the
// goroutine that waits for signals: no guard elsewhere has to do with it.
func notifyUsr1Drill() {
	drill := make(chan os.Signal, 1)
	signal.Notify(drill, syscall.SIGUSR1)
	go func() {
		<-drill
		panic("drill: planned panic")
	}()
	killSelf(syscall.SIGUSR1)
	time.Sleep(2 * time.Second)
}

// stdoutBrokenPipe prints to a pipe that nobody reads any more. A write to any
// other descriptor would return an error; standard output and error are an
// exception, so that `program | head` ends.
func stdoutBrokenPipe() {
	fmt.Println("first line")
	fmt.Println("second line")
}

// stderrBrokenPipe panics when the pipe behind standard error is broken, because
// the log collector has died. The runtime does not notice that nobody reads.
func stderrBrokenPipe() { panic("who reads this?") }

// xcpuRlimit computes without end, behind `ulimit -t 1`, which sets the soft and
// the hard limit. At the soft limit comes SIGXCPU, which Go ignores; at the hard
// limit comes SIGKILL.
func xcpuRlimit() {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
	}
}

// xfszRlimit writes a file beyond `ulimit -f`. Other programs die of SIGXFSZ; Go
// ignores it, and the write returns an error.
func xfszRlimit() {
	f, err := os.CreateTemp("", "export")
	if err != nil {
		panic(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	for written := 0; written < 1<<20; written += 512 {
		if _, err := f.Write(make([]byte, 512)); err != nil {
			fmt.Println("after", written, "bytes:", err)
			return
		}
	}
}
