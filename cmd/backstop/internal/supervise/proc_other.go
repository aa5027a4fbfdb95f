//go:build !unix

package supervise

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Foreground reports whether the child shares our terminal's signals.
func Foreground() bool { return true }

// Signals lists what to pass to signal.Notify for Options.Signals.
func Signals(bool) []os.Signal { return []os.Signal{os.Interrupt} }

func asksToStop(s os.Signal) bool     { return s == os.Interrupt }
func sentByTerminal(s os.Signal) bool { return s == os.Interrupt }
func ownGroup(*exec.Cmd)              {}

func forward(p *os.Process, s os.Signal) error { return p.Signal(s) }
func terminate(p *os.Process) error            { return p.Kill() }
func killAll(p *os.Process, _ bool)            { _ = p.Kill() }

// alive cannot say: a pid that is taken need not be the same process.
func alive(int) bool { return false }

func ending(st *os.ProcessState) (status int, sig syscall.Signal, rss int64, cpu time.Duration) {
	return st.ExitCode(), 0, 0, st.UserTime() + st.SystemTime()
}

func signalName(s syscall.Signal) string { return s.String() }
