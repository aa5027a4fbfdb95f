// Package harness runs one scenario of a program of the lab, plain or under a
// guard, and leaves marks of what happened in the process: whether the
// scenario's function returned, whether a deferred call ran, whether recover got
// something, whether the crash output was set.
//
// Each program's main calls [Main] with its scenarios. Apart from the marks the
// process is as a program of anybody's: no goroutine, no timer, no handler is
// added, and descriptors are written to by plain system calls, so that the
// runtime's deadlock detector sees what it would see without the lab.
package harness

import (
	"fmt"
	"os"
	"strconv"
)

// The environment the launcher sets.
const (
	EnvMarks       = "LAB_MARKS"        // descriptor of the file that takes marks
	EnvCrashOutput = "LAB_CRASH_OUTPUT" // descriptor for debug.SetCrashOutput
	EnvGuard       = "LAB_GUARD"        // "1": call the scenario under a deferred recover
)

// The marks.
const (
	Returned  = "returned"  // the scenario's function returned
	Deferred  = "deferred"  // a deferred call of the goroutine that called it ran
	Recovered = "recovered" // the guard stopped a panic; the value follows
	Watched   = "watched"   // debug.SetCrashOutput is in effect
)

// Unknown is the exit status of a program that does not have a scenario. No
// scenario uses it.
const Unknown = 97

// Main runs the scenario named by the first argument and returns when the
// scenario did, or when a guard has recovered.
func Main(scenarios map[string]func()) {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: program SCENARIO; `backstop lab list` shows them")
		os.Exit(Unknown)
	}
	Start(os.Args[1], scenarios)
}

// Start runs a scenario by its name, for a library whose main is not Go's. An
// unknown name ends the process with status Unknown.
func Start(name string, scenarios map[string]func()) {
	f := scenarios[name]
	if f == nil {
		fmt.Fprintf(os.Stderr, "no scenario %q in this program\n", name)
		os.Exit(Unknown)
	}
	Watch()
	Run(f)
}

// Watch sets the crash output, where there is one. Start calls it; tests, which
// are not started by name, do so themselves.
func Watch() {
	set, err := setCrashOutput()
	if err != nil {
		fmt.Fprintln(os.Stderr, "set crash output:", err)
		os.Exit(Unknown)
	}
	if set {
		Mark(Watched)
	}
}

// Run calls a scenario's function the way the environment asks for.
func Run(f func()) {
	defer Mark(Deferred)
	if os.Getenv(EnvGuard) == "1" {
		guarded(f)
		return
	}
	f()
	Mark(Returned)
}

// guarded calls f under a deferred recover. Whether it recovered is told by its
// return: recover may return nil for a panic(nil), and Goexit does not return.
func guarded(f func()) {
	var value any
	if returned := try(f, &value); returned {
		Mark(Returned)
		return
	}
	Mark(Recovered + " " + describe(value))
}

func try(f func(), value *any) (returned bool) {
	defer func() { *value = recover() }()
	f()
	return true
}

// describe names a value without calling methods of it that could panic.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "<nil>"
	case string:
		if len(v) > 200 {
			v = v[:200]
		}
		return "string: " + strconv.Quote(v)
	case interface{ RuntimeError() }:
		return fmt.Sprintf("%T: %q", v, fmt.Sprint(v))
	}
	return fmt.Sprintf("%T", v)
}

// Mark writes a line to the marks. It works in a process that is about to die
// and does nothing where nobody asked for marks.
func Mark(text string) {
	fd, err := strconv.Atoi(os.Getenv(EnvMarks))
	if err != nil {
		return
	}
	write(fd, text+"\n")
}
