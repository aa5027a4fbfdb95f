// Package hands passes signals on to a child: those sent from outside arrive.
package hands

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func Run(cmd *exec.Cmd) {
	c := make(chan os.Signal, 8)
	signal.Notify(c, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGTERM)
	for s := range c {
		cmd.Process.Signal(s)
	}
}
