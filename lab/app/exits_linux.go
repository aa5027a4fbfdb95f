package main

import "syscall"

// syscallExitGroup ends the process by the system call itself, past os.Exit and
// what hangs on it.
func syscallExitGroup() {
	syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 5, 0, 0)
}
