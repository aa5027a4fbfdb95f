// Package scenario is the list of what the lab can show: one [Scenario] for each
// way a Go program dies, or loses a panic, or only seems to. It is data; the
// programs stand in the directories beside it, and `backstop lab` runs them.
//
// Start with [All]. What a scenario really does is never written down here: the
// lab measures it. Declared by hand is only what it is meant to show, and the
// class that package crash must find for it.
package scenario

import (
	"fmt"
	"time"
)

// A Scenario is one program, or one case of a program, that shows one thing.
type Scenario struct {
	Name  string // stable, the identifier everywhere: "send-closed-chan"
	Group string // one of Groups
	Shows string // one line: what the program does

	// Class is what package crash must find: a dotted class, or None where
	// nothing dies and nothing is printed. Classes has the releases that differ.
	Class   string
	Classes []Until

	Min int // first minor release of Go 1 that has it; 0 means 21, the oldest in the lab
	Max int // last one; 0 means that it is still there

	Program string        // name of a Program; "" is "app"
	Needs   []Need        // what the host must have, or the scenario is not run
	Env     []string      // environment besides the lab's: "GOTRACEBACK=all"
	Limits  Limits        // so that it can hurt nobody, or as what it shows
	Stdout  Stream        // where its standard output goes
	Stderr  Stream        // where its standard error goes
	Wait    time.Duration // when it counts as hanging; 0 means 30 s. Those meant to hang have less
	Args    []string      // behind the name

	// Varies says why two runs of one build may differ, "" where they must not.
	// A difference in such a scenario is reported apart.
	Varies string
	// Lesson is what to remember, one or two sentences.
	Lesson string
}

// Until is a class up to a release.
type Until struct {
	Minor int
	Class string
}

// None is the class of what neither dies nor prints a traceback.
const None = "none"

// ClassOn returns the declared class on a minor release of Go 1.
func (s *Scenario) ClassOn(minor int) string {
	for _, u := range s.Classes {
		if minor <= u.Minor {
			return u.Class
		}
	}
	return s.Class
}

// On reports whether a minor release has the scenario.
func (s *Scenario) On(minor int) bool {
	return minor >= s.Min && (s.Max == 0 || minor <= s.Max)
}

// A Need is something a host may lack.
type Need string

// The needs. Each scenario that is not run for want of one says so.
const (
	Root         Need = "root"
	MemoryCgroup Need = "memory cgroup"
	PidsCgroup   Need = "pids cgroup"
	CC           Need = "C compiler"
	CXX          Need = "C++ compiler"
	SetUID       Need = "set-user-ID programs"
	I386         Need = "32-bit x86 programs"
	Loopback     Need = "loopback network"
	AMD64        Need = "amd64"
	Glibc        Need = "glibc" // the C library that says why it aborts
)

// Limits bound a program. Zero is no limit of the scenario's own: the runner has
// others for address space, processor time and file size, far above what any
// scenario needs.
type Limits struct {
	AddressSpace uint64 // bytes, RLIMIT_AS
	CPU          uint64 // seconds, RLIMIT_CPU
	FileSize     uint64 // bytes, RLIMIT_FSIZE
	Memory       uint64 // bytes, of a memory cgroup of its own
	Tasks        uint64 // threads, of a pids cgroup of its own
}

// A Stream is where a standard stream leads.
type Stream string

// The streams. The zero one is recorded.
const (
	Recorded   Stream = ""
	BrokenPipe Stream = "broken pipe" // a pipe whose reader is closed
	UnreadPipe Stream = "unread pipe" // a pipe that nobody reads
	Closed     Stream = "closed"      // the program starts without the descriptor
)

// A Program is something the lab builds, once for each toolchain.
type Program struct {
	Name  string
	Dir   string   // below the module's root
	Kind  Kind     // how it is built
	Flags []string // of go build or go test
	Env   []string // of the build: "CGO_ENABLED=1"
	Min   int      // first minor release that can build it; 0 means 21
	Needs []Need
}

// A Kind is a way to make a program.
type Kind string

// The kinds.
const (
	Build   Kind = ""         // go build
	Test    Kind = "test"     // go test -c; a scenario's Args select its test
	CShared Kind = "c-shared" // a library, and a host in C: host.c
	SetUIDs Kind = "setuid"   // go build, then owned by root and set-user-ID, run as nobody
)

// Group is a heading of the catalogue.
type Group struct{ Name, Title string }

// Groups lists the headings in order.
func Groups() []Group {
	return []Group{
		{"panic-runtime", "Run-time panics"},
		{"panic-user", "Explicit panics, nesting, where recover stands"},
		{"panic-lib", "The standard library and newer language features"},
		{"fatal", "Fatal errors"},
		{"kill", "Killed from outside"},
		{"cgo", "C and C++"},
		{"signal", "Signals"},
		{"exit", "Exits"},
		{"report", "Damage to the report"},
		{"hang", "Blocked or spinning programs"},
		{"none", "Pressure and leaks that kill nobody"},
		{"variant", "Build modes"},
		{"upgrade", "What an upgrade must keep"},
	}
}

// All lists every scenario: group by group, by name in each.
func All() []Scenario {
	var all []Scenario
	for _, list := range [][]Scenario{
		panicRuntime, panicUser, panicLib, fatals, kills, natives, signals, exits, reports, hangs, nones, variants, upgrades,
	} {
		all = append(all, list...)
	}
	for i := range all {
		if all[i].Program == "" {
			all[i].Program = "app"
		}
		if all[i].Min == 0 {
			all[i].Min = Oldest
		}
		if all[i].Wait == 0 {
			all[i].Wait = Patience
		}
	}
	return all
}

// Patience is how long a program may take that is not meant to hang.
const Patience = 30 * time.Second

// Oldest is the oldest minor release of Go 1 in the lab.
const Oldest = 21

// Find returns a scenario by name.
func Find(name string) (Scenario, error) {
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
	}
	return Scenario{}, fmt.Errorf("there is no scenario %q", name)
}

// AllNeeds are the needs of a scenario and of its program.
func (s *Scenario) AllNeeds() []Need {
	all := append([]Need{}, s.Needs...)
	for _, p := range Programs() {
		if p.Name != s.Program {
			continue
		}
		for _, n := range p.Needs {
			if !contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

func contains(list []Need, n Need) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

// Title is the heading of a group.
func Title(group string) string {
	for _, g := range Groups() {
		if g.Name == group {
			return g.Title
		}
	}
	return group
}
