//go:build unix

package crashtest

import (
	"os"
	"syscall"
)

func exitOf(s *os.ProcessState) (status int, signal string) {
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return -1, ws.Signal().String()
	}
	return s.ExitCode(), ""
}
