package main

import (
	"runtime"
	"syscall"
	"time"
)

func quit() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGQUIT) }

// noThreads needs threads where no more may be started: as root, whom no such
// limit holds, it becomes nobody first.
func noThreads() {
	const nproc = 6 // RLIMIT_NPROC
	if err := syscall.Setrlimit(nproc, &syscall.Rlimit{Cur: 1, Max: 1}); err != nil {
		panic(err)
	}
	if err := syscall.Setuid(65534); err != nil {
		panic(err)
	}
	for i := 0; i < 8; i++ {
		go runtime.LockOSThread()
	}
	time.Sleep(time.Second)
}
