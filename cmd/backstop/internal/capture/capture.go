// Package capture is the proof that no death goes unnoticed: a program for each
// of 46 ways in which a Go process crashes, run under four set-ups and built by
// each Go release, against the real collector. Its tests run the matrix;
// docs/capture.md is what they found.
//
// Start with [Cases], the list of the ways, and [Judge], which says what one run
// has delivered. [Expectations] names each cell that is known to lack
// something, and why; a cell that lacks anything else fails the tests.
package capture

import "github.com/backstop-go/backstop/crash"

// A Setup is who watches the program.
type Setup string

// The set-ups.
const (
	// Guard is the SDK without its monitor: what recover can see.
	Guard Setup = "guard"
	// Monitor is the whole SDK, without a supervisor.
	Monitor Setup = "monitor"
	// Supervisor is `backstop run` around a program without the SDK.
	Supervisor Setup = "supervisor"
	// All is `backstop run` around a program with the SDK.
	All Setup = "all"
	// Nobody watches: the control.
	Nobody Setup = "nobody"
)

// Setups lists what the matrix has columns for.
func Setups() []Setup { return []Setup{Guard, Monitor, Supervisor, All} }

// SDK reports whether the program is built with the SDK.
func (s Setup) SDK() bool { return s == Guard || s == Monitor || s == All }

// A Case is one way to end, and what has to be known of it afterwards.
type Case struct {
	Name  string // of the scenario
	Group string

	// Silent cases are no crashes: nobody may report them.
	Silent bool

	Class  []crash.Class // any of them
	Reason string        // a pattern that the message has to match
	Func   string        // a function on the crashing stack; "" when there is none of the program's
	// Request is set when a request is being served as the program ends.
	Request bool

	Limits Limits
	// Slow marks what dies slowly: a stack overflow copies a stack of half a
	// gigabyte and walks over a million frames.
	Slow bool
	// Cgo marks what a program without C cannot do.
	Cgo bool
	// WithC marks what is run in the program with C where there is one.
	WithC bool
}

// Limits are what a run may use. The zero value sets none.
type Limits struct {
	AddressSpace int // KiB, of each process (RLIMIT_AS)
	Memory       int // bytes, of all processes together (memory cgroup)
	Tasks        int // threads of all processes together (pids cgroup)
}

// A Cell is one case under one set-up.
type Cell struct {
	Toolchain string
	Setup     Setup
	Case      Case
	Verdict   Verdict
}
