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
	if r.Class == "fatal.deadlock" {
		r.SetHeadline("all goroutines are asleep - deadlock!") // runtime/proc.go, checkdead; there is no other
		return
	}
	addr, n, ok := r.HeadlineAddr()
	if !ok {
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
