// Package host names the process, the instance and the build an event comes
// from. Start with [Self]; the supervisor uses [Process] for its child.
package host

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// Self identifies the running process.
func Self() event.Process { return Process(os.Getpid()) }

// Process identifies a process that still has its entry in /proc, a zombie
// included. Where there is no /proc, Start is 0 and BootID empty.
func Process(pid int) event.Process {
	p := event.Process{PID: pid, Start: startTicks(pid)}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // what is empty is no reason to lose an event
	p.BootID = strings.TrimSpace(string(boot))
	p.Host, _ = os.Hostname() // as above
	return p
}

// startTicks reads when a process started.
func startTicks(pid int) uint64 {
	f := Stat(pid)
	if len(f) == 0 {
		return 0
	}
	ticks, _ := strconv.ParseUint(string(f[19]), 10, 64) // 0 if the kernel wrote no number
	return ticks
}

// Stat returns the fields of /proc/PID/stat (proc_pid_stat(5)) from the third on,
// 50 of them or more, or none. The command name in the second may hold spaces and
// parentheses, so fields are counted from its last closing parenthesis.
func Stat(pid int) [][]byte {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat") // then it has no fields
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 50 {
		return nil
	}
	return f
}

// Build describes the running executable.
func Build() event.Build {
	b := event.Build{}
	if info, ok := debug.ReadBuildInfo(); ok {
		b, _ = BuildOf(info)
	}
	b.GoVersion, b.OS, b.Arch = runtime.Version(), runtime.GOOS, runtime.GOARCH
	return b
}

// Release guesses a release name from the build, as BuildOf does, else it is
// "unknown".
func Release() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if _, release := BuildOf(info); release != "" {
			return release
		}
	}
	return "unknown"
}

// BuildOf says what an executable was built from, and guesses a name for its release:
// the main module's version, else the first 12 digits of the revision (with "+dirty"
// when modified), else "".
func BuildOf(info *debug.BuildInfo) (b event.Build, release string) {
	b.Module = info.Main.Path
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return b, v
	}
	if release = b.Revision[:min(12, len(b.Revision))]; release != "" && b.Modified {
		release += "+dirty"
	}
	return b, release
}
