package experiment

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// A Host is where something was measured. Loads are averages over a minute.
type Host struct {
	CPUs       int     `json:"cpus"`
	Arch       string  `json:"arch"`
	Kernel     string  `json:"kernel,omitempty"`
	Memory     uint64  `json:"memory_bytes"`           // bytes of the machine
	Available  uint64  `json:"memory_available_bytes"` // when it began; 0: not known
	LoadBefore float64 `json:"load_before"`
	LoadAfter  float64 `json:"load_after"`
}

func readHost() Host {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	release := strings.SplitN(strings.TrimSpace(string(kernel)), ".", 3)
	h := Host{CPUs: runtime.NumCPU(), Arch: runtime.GOOS + "/" + runtime.GOARCH, Kernel: strings.Join(release[:min(2, len(release))], "."), LoadBefore: load()}
	meminfo, _ := os.ReadFile("/proc/meminfo")
	for _, line := range strings.Split(string(meminfo), "\n") {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseUint(f[1], 10, 64)
		switch f[0] {
		case "MemTotal:":
			h.Memory = kb << 10
		case "MemAvailable:":
			h.Available = kb << 10
		}
	}
	for _, limit := range []string{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"} {
		text, err := os.ReadFile(limit)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil {
			h.Available = min(h.Available, n)
		}
	}
	return h
}

// load is how many tasks wanted to run, over the last minute.
func load() float64 {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	f, _ := strconv.ParseFloat(first, 64)
	return f
}

// room is the memory that a case may take: others are on the machine as well.
func (h Host) room() uint64 {
	if h.Available == 0 {
		return 1 << 30
	}
	return h.Available / 10 * 7
}

// The memory of a waiting goroutine with a small stack was 2.7 kB on all
// toolchains; perGoroutine is more, for what a panic adds and the slots of the
// instrument.
const (
	perGoroutine = 4 << 10
	perProcess   = 64 << 20
)

func needs(n int) uint64 { return perProcess + uint64(max(n, 0))*perGoroutine }

// fits is a round number of goroutines that room is enough for.
func fits(room uint64) int {
	if room <= perProcess {
		return 1
	}
	n := int((room - perProcess) / perGoroutine)
	for power := 10; ; power *= 10 {
		if n < 10*power {
			return max(1, n/power*power)
		}
	}
}
