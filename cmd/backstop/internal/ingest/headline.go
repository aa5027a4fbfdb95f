package ingest

import (
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/headline"
)

// nameHeadline gives a fatal error the headline that the crash output lacks
// (golang/go#76859): the monitor has sent what its executable has where the
// arguments of the first frames point to.
func nameHeadline(r *crash.Report, memory []event.Memory) {
	if r == nil || r.HasMessage {
		return
	}
	addr, n, ok := r.HeadlineAddr()
	if !ok {
		if r.Class == "fatal.deadlock" && len(r.Goroutines) > 0 {
			// Without frames of the runtime there are none of its goroutines
			// either. The other headline is for a program that has no more
			// goroutines at all (runtime/proc.go, checkdead).
			r.SetHeadline("all goroutines are asleep - deadlock!")
		}
		return
	}
	for _, m := range memory {
		if m.Addr != addr {
			continue
		}
		text, _, ok := headline.Find(r.ThrownBy(), m.Bytes)
		if ok && (n == 0 || n == uint64(len(text))) {
			r.SetHeadline(text)
		}
		return
	}
}
