package main

import "syscall"

func quit() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGQUIT) }

// block waits in a system call.
func block() {
	var p [2]int
	_ = syscall.Pipe(p[:])
	_, _ = syscall.Read(p[0], make([]byte, 1))
}
