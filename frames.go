package backstop

import (
	"runtime"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// event makes an event of a record. It runs in the worker, or in a guard whose
// panic goes on.
func (a *agent) event(r *record) event.Evidence {
	checkFault("event")
	r.redact(a)
	c := Crash{
		Type: r.typ, Text: r.text, At: r.at, Recovered: r.recovered, Goroutine: r.goroutine, Request: r.request.request(),
		Service: a.options.Service, Release: a.options.Release, Environment: a.options.Environment,
		pcs: r.pcs[:r.n],
	}
	e := c.Evidence()
	e.Instance, e.Process, e.Build = a.options.Instance, a.process, a.build
	return e
}

// frames names program counters. It keeps the frames that a traceback shows
// (runtime/traceback.go, showframe): below the panic, without the runtime's
// unexported functions, and gopanic under the name "panic" where code that runs
// deferred stands above it.
func frames(pcs []uintptr) []event.Frame {
	if len(pcs) == 0 {
		return nil
	}
	out := make([]event.Frame, 0, len(pcs))
	below := false // below the panic that was captured
	for it := runtime.CallersFrames(pcs); ; {
		f, more := it.Next()
		switch {
		case f.Function == "runtime.gopanic" && !below:
			below = true
			out = out[:0]
		case f.Function == "runtime.gopanic":
			out = append(out, event.Frame{Func: "panic", File: f.File, Line: f.Line})
		case f.Function != "" && !hidden(f.Function):
			out = append(out, event.Frame{Func: f.Function, File: f.File, Line: f.Line})
		}
		if !more {
			return out
		}
	}
}

// hidden reports whether a traceback leaves a function out.
func hidden(name string) bool {
	rest, ok := strings.CutPrefix(name, "runtime.")
	if !ok {
		return false
	}
	if strings.HasPrefix(rest, "(*") {
		rest = rest[2:]
		if _, method, ok := strings.Cut(rest, ")."); ok && !exported(method) {
			return true
		}
	}
	return !exported(rest)
}

func exported(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }
