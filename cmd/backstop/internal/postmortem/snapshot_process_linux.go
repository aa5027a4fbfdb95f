package postmortem

import (
	"debug/elf"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/internal/host"
)

// A process is a live process, opened without touching it.
type process struct {
	*goproc.Process
	path string // of the executable, for people
	info os.FileInfo
}

// open opens a process. The error has a Hint where a person can do something.
func open(pid int) (*process, error) {
	opened, err := goproc.OpenProcess(pid)
	if err != nil {
		return nil, err
	}
	p := &process{Process: opened}
	exe := fmt.Sprintf("/proc/%d/exe", pid)
	p.path, _ = os.Readlink(exe) // it is only shown
	p.path = strings.TrimSuffix(p.path, " (deleted)")
	if p.info, err = os.Stat(exe); err != nil {
		p.close()
		return nil, fmt.Errorf("executable of process %d: %w", pid, err)
	}
	return p, nil
}

func (p *process) close() {
	_ = p.Close() // it was only read
}

// describe says what process and which program a snapshot is of.
func (p *process) describe(s *Snapshot) {
	s.Executable = p.path
	if info, err := p.File.BuildInfo(); err == nil {
		s.Module = info.Main.Path
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				s.Revision = setting.Value
			}
		}
	}
	if f, err := elf.Open(fmt.Sprintf("/proc/%d/exe", p.PID)); err == nil {
		s.Stripped = f.Section(".debug_info") == nil && f.Section(".zdebug_info") == nil
		f.Close() //nolint:errcheck // it was only read
	}
	if s.Memory == nil {
		s.Memory = new(Memory)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID))
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
	if limit, ok := host.CgroupMemory(p.PID); ok {
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
