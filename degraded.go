package backstop

import (
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/backstop-go/backstop/internal/errs"
	"github.com/backstop-go/backstop/internal/host"
)

// A DegradedError is returned by [Start] when something does not work. What does
// work has been started: the program can go on, and should say so in its log.
type DegradedError struct {
	Problems []Problem
}

// A Problem is one thing that Start could not have.
type Problem struct {
	Part   string // "monitor", "spool", "collector", "in-flight table", "traceback"
	Err    error  // why
	Effect string // what it means, a clause: "crashes that recover cannot catch are not reported"
	Fix    string // what to do about it
}

// Error says it on one line.
func (e *DegradedError) Error() string {
	all := make([]string, len(e.Problems))
	for i := range all {
		all[i] = e.Problems[i].String()
	}
	return "backstop is degraded: " + strings.Join(all, "; ")
}

// String says all of a problem.
//
//go:noinline // for the size of programs
func (p Problem) String() string {
	return fmt.Sprintf("%s: %v (%s; %s)", p.Part, p.Err, p.Effect, p.Fix)
}

// Unwrap returns the reasons.
func (e *DegradedError) Unwrap() []error {
	all := make([]error, len(e.Problems))
	for i := range all {
		all[i] = e.Problems[i].Err
	}
	return all
}

// errFirst is why a monitor that works is of no use in a container without an init
// process (pid_namespaces(7)).
var errFirst = errors.New("the program is process 1, and the kernel ends the monitor together with it")

// degrade notes that something does not work.
func (a *agent) degrade(part string, err error, effect, fix string) {
	p := Problem{Part: part, Err: err, Effect: effect, Fix: fix}
	a.problems = append(a.problems, p)
	a.log("backstop: "+effect, "part", part, "error", err, "fix", fix)
}

// degraded is what Start returns.
func (a *agent) degraded() error {
	if len(a.problems) == 0 {
		return nil
	}
	return &DegradedError{a.problems}
}

// checkCollector gives up a URL that cannot work, before the first crash shows
// it.
func (a *agent) checkCollector() {
	o := &a.options
	if o.Collector == "" {
		return
	}
	u, err := url.Parse(o.Collector)
	switch {
	case err != nil:
	case u.Scheme != "http" && u.Scheme != "https":
		err = errs.New("%q does not begin with http:// or https://", o.Collector)
	case u.Host == "":
		err = errs.New("%q names no host", o.Collector)
	default:
		return
	}
	o.Collector = ""
	a.degrade("collector", err, "events stay in the spool", "give the URL of backstop serve, such as http://127.0.0.1:7070")
}

// traceback levels as in runtime/debug.SetTraceback, from the shortest text to
// the longest.
const tracebackLevels = " none single all system crash wer"

func (a *agent) checkTraceback() {
	o := &a.options
	if o.Traceback == "" || strings.Contains(tracebackLevels+" ", " "+o.Traceback+" ") {
		return
	}
	err := errs.New("%q is no level", o.Traceback)
	o.Traceback = ""
	a.degrade("traceback", err, "the level is chosen as if none were given", "one of"+tracebackLevels)
}

// stackNeeds is how much memory a stack overflow may take before the runtime
// ends the program: up to the limit of 1 GB on 64-bit systems (runtime/proc.go,
// main) a stack doubles to 512 MiB, and is copied from one of 256 MiB
// (runtime/stack.go, newstack). Where less memory is allowed, it is an OOM kill
// that leaves no report.
const stackNeeds = 1200 << 20

// boundStack makes stack overflows fit into the memory that the program may use:
// a stack and its copy take a quarter of it at most.
func boundStack() {
	limit, ok := host.MemoryLimit()
	if !ok || limit >= stackNeeds || uint64(^uintptr(0)) <= 1<<32 {
		return
	}
	bound := 1 << 20
	for uint64(bound)*2 <= limit/6 {
		bound *= 2
	}
	if old := debug.SetMaxStack(bound); old < bound {
		debug.SetMaxStack(old) // the program has set one itself
	}
}
