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
	e := a.crash(r).Evidence()
	e.Instance, e.Process, e.Build = a.who.Instance, a.who.Process, a.who.Build
	return e
}

// crash is what hooks see of a record, but the value, with the record's stack.
func (a *agent) crash(r *record) *Crash {
	r.redact(a)
	o := &a.options
	return &Crash{
		Type: r.typ, Text: r.text, At: r.at, Recovered: r.recovered, Goroutine: r.goroutine, Request: r.request.request(),
		Service: o.Service, Release: o.Release, Environment: o.Environment, pcs: r.pcs[:r.n],
	}
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
		name := f.Function
		if name == "runtime.gopanic" {
			name = "panic"
			if !below {
				name, below, out = "", true, out[:0]
			}
		}
		if name != "" && !hidden(name) {
			out = append(out, event.Frame{Func: name, File: f.File, Line: f.Line})
		}
		if !more {
			return out
		}
	}
}

// hidden reports whether a traceback leaves a function out.
//
//go:noinline // for the size of programs
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
