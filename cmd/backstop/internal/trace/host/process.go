package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is what /proc counts start times in: USER_HZ is 100 on every architecture
// that Go has on Linux (proc_pid_stat(5)).
const tick = 10 * time.Millisecond

// proc is a mounted proc file system; tests have a tree of files.
type proc string

// read returns a small file of a process. What the kernel says of one is never
// longer.
func (p proc) read(pid int, name string) (string, error) {
	f, err := os.Open(p.path(pid, name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 64<<10))
	return string(text), err
}

func (p proc) path(pid int, name string) string {
	return filepath.Join(string(p), strconv.Itoa(pid), name)
}

// pids lists the processes.
func (p proc) pids() ([]int, error) {
	dir, err := os.Open(string(p))
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// A stat is what of /proc/PID/stat is of interest.
type stat struct {
	comm   string
	state  byte // 'T' is stopped, 't' stopped by a debugger, 'Z' has ended
	parent int
	start  time.Duration // since boot
	kernel bool          // it is a thread of the kernel
}

// kernelThread is the flag of threads of the kernel (PF_KTHREAD in linux/sched.h).
const kernelThread = 0x200000

// stat reads /proc/PID/stat (proc_pid_stat(5)). A name may hold anything, ") " as
// well; what follows it may not.
func (p proc) stat(pid int) (s stat, err error) {
	text, err := p.read(pid, "stat")
	if err != nil {
		return s, err
	}
	open, end := strings.IndexByte(text, '('), strings.LastIndex(text, ") ")
	if open < 0 || end < open {
		return s, fmt.Errorf("stat of process %d is damaged", pid)
	}
	const flags, starttime = 9 - 3, 22 - 3 // the fields before the state are numbered 1 and 2
	fields := strings.Fields(text[end+2:])
	if len(fields) <= starttime || len(fields[0]) != 1 {
		return s, fmt.Errorf("stat of process %d has %d fields", pid, len(fields)+2)
	}
	start, err := strconv.ParseUint(fields[starttime], 10, 53)
	if err != nil {
		return s, fmt.Errorf("start of process %d: %w", pid, err)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return s, fmt.Errorf("parent of process %d: %w", pid, err)
	}
	bits, err := strconv.ParseUint(fields[flags], 10, 32)
	if err != nil {
		return s, fmt.Errorf("flags of process %d: %w", pid, err)
	}
	return stat{text[open+1 : end], fields[0][0], parent, time.Duration(start) * tick, bits&kernelThread != 0}, nil
}

// process reads all of a Process but its executable.
func (p proc) process(pid int) (Process, error) {
	s, err := p.stat(pid)
	if err != nil {
		return Process{}, err
	}
	if s.state == 'Z' || s.state == 'X' {
		return Process{}, errEnded
	}
	result := Process{PID: pid, NSPID: pid, Parent: s.parent, Start: s.start, Comm: s.comm}
	status, err := p.read(pid, "status")
	if err != nil {
		return Process{}, err
	}
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		switch {
		case len(fields) == 0:
		case name == "Uid":
			uid, err := strconv.ParseUint(fields[0], 10, 32)
			if err != nil {
				return Process{}, fmt.Errorf("user of process %d: %w", pid, err)
			}
			result.UID = uint32(uid)
		case name == "NSpid":
			if n, err := strconv.Atoi(fields[len(fields)-1]); err == nil {
				result.NSPID = n
			}
		}
	}
	if text, err := p.read(pid, "cgroup"); err == nil {
		result.Cgroup = cgroupOf(text)
		result.Container = containerOf(result.Cgroup)
	}
	return result, nil
}

var errEnded = errors.New("the process has ended")

// link is what /proc/PID/exe points at, without what the kernel adds to the name
// of a file that was removed.
func (p proc) link(pid int) (string, error) {
	target, err := os.Readlink(p.path(pid, "exe"))
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(target, " (deleted)"), nil
}

// Find reads what /proc says of a process, for records of one that is no target.
func Find(pid int) (Process, error) {
	const here = proc("/proc")
	p, err := here.process(pid)
	if err != nil {
		return Process{}, fmt.Errorf("look at process %d: %w", pid, err)
	}
	if p.Path, err = here.link(pid); err != nil {
		return p, fmt.Errorf("look at the executable of process %d: %w", pid, err)
	}
	return p, nil
}
