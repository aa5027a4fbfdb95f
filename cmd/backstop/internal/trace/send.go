package trace

import (
	"strings"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
)

// tick is the unit of starts in events: field 22 of /proc/PID/stat counts 100 a
// second, whatever the rate of the kernel is (USER_HZ, proc_pid_stat(5)).
const tick = 10 * time.Millisecond

// A Service says in whose name events are sent to a collector. What is empty is
// taken from the executable and the host.
type Service struct{ Name, Release, Environment, Instance string }

// exitOf is an end as events have it; nil for one that is not known.
func exitOf(end *End) *event.Exit {
	if end == nil {
		return nil
	}
	x := &event.Exit{Status: end.Status, Signal: end.Signal, OOM: end.OOM}
	if end.OOM {
		x.By = event.ByOOMKiller
	}
	return x
}

// Send makes the event that travels to a collector. It is nil for what is no
// crash: an ineffective recover, a panic that another one replaced or whose end
// was not seen, runtime.Goexit, an end without failure.
func Send(e *Event, s Service) *event.Event {
	if e.report == nil || e.Kind == Panic && e.Outcome != Recovered && e.Outcome != Uncaught {
		return nil
	}
	out := event.New(e.report, event.Trace, e.At)
	out.Service, out.Release, out.Environment, out.Instance = s.Name, s.Release, s.Environment, s.Instance
	if out.Service == "" {
		out.Service = firstOf(baseName(e.Exe), e.Comm, "unknown")
	}
	out.Process = host.Self() // for the host and its boot
	out.Process.PID, out.Process.Start = int(e.PID), 0
	if e.who != nil {
		out.Process.Start = uint64(e.who.facts.Start / tick)
		if t := e.who.target; t != nil {
			out.Build = t.Build
			out.Release = firstOf(out.Release, t.Release)
		}
	}
	out.Release = firstOf(out.Release, "unknown")
	out.Environment = firstOf(out.Environment, "production")
	out.Instance = firstOf(out.Instance, out.Process.Host)
	if e.Value != nil {
		out.PanicValue = clip(Format(*e.Value), maxMessage)
		if t := e.Value.Type; t != "" && !strings.HasPrefix(out.PanicValue, t) {
			out.PanicValue = t + ": " + out.PanicValue
		}
	}
	out.Request = event.RequestFromLabels(e.Labels)
	if event.IsTraceID(e.TraceID) && (out.Request == nil || out.Request.TraceID == "") {
		if out.Request == nil {
			out.Request = &event.Request{}
		}
		out.Request.TraceID = e.TraceID
	}
	if e.Outcome != Recovered {
		out.Exit = exitOf(e.End)
		if out.Exit != nil && e.End.By != nil && !e.End.OOM && e.End.By.PID == e.PID {
			out.Exit.By = event.BySelf
		}
	}
	return &out
}

func baseName(path string) string {
	return path[strings.LastIndexByte(path, '/')+1:]
}
