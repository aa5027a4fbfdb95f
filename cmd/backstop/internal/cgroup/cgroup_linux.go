package cgroup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Make makes a group below our own: of version 1 where the controller is mounted,
// else of version 2. It returns which of two names a file of it has.
func Make(controller, name, v1, v2 string) (dir, file string, err error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", "", err
	}
	parent, file := "", v1
	for _, line := range strings.Split(string(own), "\n") {
		f := strings.SplitN(line, ":", 3)
		switch {
		case len(f) != 3:
		case f[1] == controller:
			parent, file = filepath.Join("/sys/fs/cgroup", controller, f[2]), v1
		case f[0] == "0" && parent == "":
			parent, file = filepath.Join("/sys/fs/cgroup", f[2]), v2
		}
	}
	if parent == "" {
		return "", "", errors.New("there are no cgroups")
	}
	dir = filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", "", err
	}
	return dir, file, nil
}

// Write writes a file of a group. It makes none: without the controller there is
// no such file.
func Write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// Remove removes a group. It waits up to ten seconds for the last member, which
// may still be dying.
func Remove(dir string) error {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Rmdir(dir)
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}
