package backstop

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/goid"
	"github.com/backstop-go/backstop/internal/inflight"
	"github.com/backstop-go/backstop/internal/sampling"
)

// envTable names the table that `backstop run` made for its child.
const envTable = "BACKSTOP_INFLIGHT"

// openTable gets the table of requests in flight, or says why there is none.
func (a *agent) openTable() {
	if a.options.DisableInFlight {
		return
	}
	err := goid.Calibrate()
	if err == nil {
		a.table, err = newTable()
	}
	if err == nil {
		a.table.Introduce(&a.who)
	}
	if err != nil {
		a.degrade("in-flight table", err, "requests travel in their context, and a fatal error or a kill does not name them",
			"set DisableInFlight where that is as it should be")
	}
}

// newTable takes the supervisor's table, if there is one and no other process of
// the program has it, else makes one.
func newTable() (*inflight.Table, error) {
	if path := getenv(envTable); path != "" {
		if t, err := inflight.Open(path); err == nil {
			return t, nil
		}
	}
	return inflight.New()
}

// entered is a goroutine's stay in the table.
type entered struct {
	slot   inflight.Slot
	labels bool // to be taken off at the end
	fault  bool // SetPanicOnFault was changed
}

// enter says that this goroutine serves a request.
func (e *entered) enter(ctx context.Context, a *agent, i *requestInfo, live *http.Request) {
	sampling.Pass()
	if a.table == nil {
		return
	}
	in := i.Entry
	in.Live = live
	if live == nil {
		in.Own, in.Done = true, ctx.Done() // which may allocate
	}
	e.slot = a.table.Enter(goid.Self(), &in)
}

// enterChild says that this goroutine works for the request of ctx. Nothing of
// it reaches the caller.
func (e *entered) enterChild(ctx context.Context) {
	defer func() { recover() }() //backstop:ignore recover-swallow a context of theirs, at fault
	inheritLabels(ctx)
	sampling.Pass()
	a := current.Load()
	if a == nil {
		return
	}
	e.faults(a)
	c := requestOf(ctx)
	if c == nil || a.table == nil {
		return
	}
	in := c.info.Entry
	in.Child, in.Own = true, true
	e.slot = a.table.Enter(goid.Self(), &in)
}

// faults makes faults of this goroutine panics, until it leaves, if the program
// wants that.
func (e *entered) faults(a *agent) {
	if a.options.PanicOnFault {
		e.fault = !debug.SetPanicOnFault(true)
	}
}

func (e *entered) leave() {
	if e.fault {
		debug.SetPanicOnFault(false)
	}
	e.slot.Leave()
}

// inFlight finds the request of the calling goroutine in the table: the one it
// serves or works for, the one whose context this is, or the one that the
// goroutine's creator serves.
func (i *requestInfo) inFlight(ctx context.Context) {
	a := current.Load()
	if a == nil || a.table == nil {
		return
	}
	self := goid.Self()
	if a.table.Find(self, &i.Entry) {
		i.look(a.table.Live(self))
		return
	}
	if ctx != nil {
		if _, ok := a.table.FindDone(ctx.Done(), &i.Entry); ok {
			return
		}
	}
	if parent := goid.Parent(); a.table.Find(parent, &i.Entry) || a.table.FindLeft(parent, &i.Entry) {
		i.via = event.ViaCreator
	}
}
