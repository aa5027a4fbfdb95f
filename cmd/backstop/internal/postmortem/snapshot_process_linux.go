package postmortem

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/host"
)

// A process is a live process and the program that it runs.
type process struct {
	pid     int
	path    string // of the executable, for people
	info    os.FileInfo
	program *goproc.Program
	memory  *os.File
}

// open opens a process without touching it. /proc/PID/exe is the file itself,
// also when it was deleted or is in another mount namespace.
func open(pid int) (*process, error) {
	exe := fmt.Sprintf("/proc/%d/exe", pid)
	p := &process{pid: pid}
	p.path, _ = os.Readlink(exe) // it is only shown
	p.path = strings.TrimSuffix(p.path, " (deleted)")
	file, err := gobin.Open(exe)
	if err != nil {
		return nil, notReadable(p, err)
	}
	p.program = &goproc.Program{File: file}
	if err := p.load(exe); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *process) load(exe string) (err error) {
	if p.info, err = os.Stat(exe); err != nil {
		return fmt.Errorf("executable of process %d: %w", p.pid, err)
	}
	if p.program.Layout, err = goproc.LayoutOf(p.program.File); err != nil {
		return &InputError{fmt.Errorf("program of process %d: %w", p.pid, err), "goroutines can be read of programs built with the releases of Go that this backstop knows; a newer backstop may know more"}
	}
	if p.program.Bias, err = biasOf(p.pid, p.program.File, exe); err != nil {
		return err
	}
	if p.memory, err = os.Open(fmt.Sprintf("/proc/%d/mem", p.pid)); err != nil {
		return &InputError{fmt.Errorf("memory of process %d: %w", p.pid, err), "it takes the right to trace the process: the same user, or CAP_SYS_PTRACE"}
	}
	return nil
}

func (p *process) close() {
	if p.memory != nil {
		p.memory.Close() //nolint:errcheck // it was only read
	}
	p.program.File.Close() //nolint:errcheck // it was only read
}

func notReadable(p *process, err error) error {
	wrapped := fmt.Errorf("program of process %d (%s): %w", p.pid, p.path, err)
	switch {
	case errors.Is(err, gobin.ErrNotGo):
		return &InputError{wrapped, "snapshots are of programs written in Go"}
	case errors.Is(err, fs.ErrPermission):
		return &InputError{wrapped, "it takes the right to trace the process: the same user, or CAP_SYS_PTRACE"}
	}
	return wrapped
}

// biasOf says where a position-independent executable was loaded: its lowest
// mapping is the first page of its first segment.
func biasOf(pid int, file *gobin.File, exe string) (uint64, error) {
	if !file.PIE() {
		return 0, nil
	}
	f, err := elf.Open(exe)
	if err != nil {
		return 0, fmt.Errorf("executable of process %d: %w", pid, err)
	}
	defer f.Close()
	first := ^uint64(0)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			first = min(first, p.Vaddr&^0xfff)
		}
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, fmt.Errorf("mappings of process %d: %w", pid, err)
	}
	name, err := os.Readlink(exe)
	if err != nil {
		return 0, fmt.Errorf("executable of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(maps)) {
		// address perms offset dev inode path: the path may hold blanks
		fields := strings.SplitN(strings.TrimRight(line, "\n"), " ", 6)
		if len(fields) < 6 || strings.TrimLeft(fields[5], " ") != name {
			continue
		}
		low, _, _ := strings.Cut(fields[0], "-")
		if at, err := strconv.ParseUint(low, 16, 64); err == nil && at >= first {
			return at - first, nil
		}
	}
	return 0, fmt.Errorf("the executable of process %d is not in its memory", pid)
}

// describe says what process and which program a snapshot is of.
func (p *process) describe(s *Snapshot) {
	s.Executable = p.path
	if info, err := p.program.File.BuildInfo(); err == nil {
		s.Module = info.Main.Path
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				s.Revision = setting.Value
			}
		}
	}
	if f, err := elf.Open(fmt.Sprintf("/proc/%d/exe", p.pid)); err == nil {
		s.Stripped = f.Section(".debug_info") == nil && f.Section(".zdebug_info") == nil
		f.Close() //nolint:errcheck // it was only read
	}
	if s.Memory == nil {
		s.Memory = new(Memory)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return // it has ended since
	}
	for line := range strings.Lines(string(status)) {
		switch key, value, _ := strings.Cut(line, ":"); key {
		case "VmRSS":
			s.Memory.Resident = kilobytes(value)
		case "VmSwap":
			s.Memory.Swapped = kilobytes(value)
		}
	}
	if limit, ok := host.CgroupMemory(p.pid); ok {
		s.Memory.Limit = limit
	}
}

func kilobytes(value string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
