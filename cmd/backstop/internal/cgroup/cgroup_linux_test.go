package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestGroup(t *testing.T) {
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root makes cgroups")
	}
	dir, file, err := Make("pids", fmt.Sprintf("backstop-cgroup-test-%d", os.Getpid()), "pids.max", "pids.max")
	if err != nil {
		crashtest.Skip(t, "%v", err)
	}
	if err := Write(filepath.Join(dir, file), "7"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(text) != "7\n" {
		t.Errorf("%q, %v", text, err)
	}
	if err := Write(filepath.Join(dir, "no.such"), "1"); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a file that is not there: %v", err)
	}
	// A member that is still there when Remove begins.
	cmd := exec.Command("/bin/sleep", "0.2")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "cgroup.procs"), strconv.Itoa(cmd.Process.Pid)); err != nil {
		t.Error(err)
	}
	go cmd.Wait() //nolint:errcheck // Remove waits for the group to be empty
	if err := Remove(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}
