//go:build unix

package compat

import "syscall"

// endGroup kills what a process has left in its group. SIGTERM ends go test at
// once, and the tests that it started go on without it.
func endGroup(pid int) {
	if pid > 0 {
		_ = syscall.Kill(-pid, syscall.SIGKILL) // mostly nobody is left
	}
}
