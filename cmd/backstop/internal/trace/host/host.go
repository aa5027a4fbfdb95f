// Package host knows the processes of the machine: which there are, which start
// and end, who killed them, and which of them to trace. Start with [Watch].
//
// With programs in the kernel (package bpf) it sees a process when it starts and
// how it ends; without, it looks at /proc every second, and says so in a Notice.
package host

import (
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// A Selection says which processes to trace. The conditions of PIDs, Exes and All
// add up; Cgroups narrow them, and alone mean every Go program inside.
type Selection struct {
	PIDs []int
	// Exes are paths or globs (filepath.Match) of executables; those without a
	// slash are of their base names. They select processes that run now and later.
	Exes []string
	// All selects every Go executable.
	All bool
	// Cgroups are paths below the root of a hierarchy, with or without the mount
	// point; what is below them belongs to them.
	Cgroups []string
}

// Options are those of [Watch].
type Options struct {
	Selection
	// CatchFirst stops selected programs when they start: they wait for
	// [Watcher.Continue]. It needs Exes whose base name does not begin with a
	// wildcard, or Cgroups of version 2.
	CatchFirst bool
	// Ready, when it is set, is called with CatchFirst before anything can be
	// stopped, with the map of what will be: a [Guardian] should know it by then.
	Ready func(*bpf.Stopped) error
	// Poll is how often /proc is looked at when the kernel tells nothing; default
	// 1 s.
	Poll time.Duration
	// WithoutKernel has /proc alone looked at.
	WithoutKernel bool
}

// A Process is what /proc says of one.
type Process struct {
	PID       int
	NSPID     int           // its number in its own pid namespace
	Parent    int           // 0 for those that have none to be seen
	Start     time.Duration // since boot, in steps of 10 ms
	UID       uint32
	Comm      string
	Path      string // of the executable, as the process sees it; " (deleted)" is cut off
	Cgroup    string // of version 2, else that of the memory controller
	Container Container
}

// A Container is what a cgroup says of the container it is for; the zero value is
// none. For a service of systemd, Runtime is "systemd" and Name the unit.
type Container struct {
	Runtime string // docker, containerd, cri-o, podman, systemd; "" where the form of the path does not tell
	ID      string // 64 hexadecimal digits
	Pod     string // of Kubernetes: its UID
	Name    string // of a unit of systemd
}

// A Target is a process to trace.
type Target struct {
	Process
	Executable *Executable
	// Exec is when it got its program, since boot, as the kernel said; 0 when it
	// ran already.
	Exec time.Duration
	// Stopped says that it waits for Continue.
	Stopped bool

	found time.Duration // since boot, before it was looked at
}

// An EventKind says what an Event is.
type EventKind int

// The kinds of events.
const (
	Added   EventKind = iota // Target is to be traced from now on
	Removed                  // Target has ended, or runs another program now
	Seen                     // Record is what the kernel has seen; Target is nil for processes that are none
	Notice                   // Text tells what cannot be seen, and why
)

// An Event is a change that a Watcher has found.
type Event struct {
	Kind   EventKind
	Target *Target
	Record bpf.Record
	Text   string
}
