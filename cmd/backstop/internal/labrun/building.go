package labrun

import (
	"os"
	"os/exec"
	"time"
)

// building runs a command that builds, in a process group and with a directory
// for temporary files of its own: go build that is interrupted dies without
// removing what it made, and the compilers that it started live on.
func building(cmd *exec.Cmd) error {
	dir, err := os.MkdirTemp("", "backstop-lab-build")
	if err != nil {
		return err
	}
	defer removeSoon(dir)
	cmd.Env = append(cmd.Env, "TMPDIR="+dir, "GOTMPDIR="+dir)
	ownGroup(cmd)
	cmd.WaitDelay = time.Second // whoever got away may hold our pipes
	_, err = output(cmd)
	return err
}

// removeSoon removes a directory to which processes that were killed just now may
// still be writing.
func removeSoon(dir string) {
	for range 40 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
}
