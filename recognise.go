package backstop

import (
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/backstop-go/backstop/internal/goid"
)

// A panic that passes several guards must be reported once. While a deferred
// call runs, the stack of the panic is still there below it; when a guard has
// raised a panic again, its call of gopanic is therefore on every stack captured
// later. One return address, learnt at Start, tells.
//
// The same trick tells whether the goroutine is inside the ServeHTTP call of
// Handler: only then may the request, which net/http's mux writes the route
// into, be read.
var (
	repanicPC atomic.Uintptr // return address of the panic call in repanic
	servePC   atomic.Uintptr // return address of the ServeHTTP call in handler.serve
)

// learnCallSites finds the return addresses by passing each place once.
func learnCallSites() {
	func() {
		defer func() {
			recover() //backstop:ignore recover-swallow the panic is this function's own
			var pcs [16]uintptr
			repanicPC.Store(panicCall(pcs[:runtime.Callers(1, pcs[:])]))
		}()
		repanic(http.ErrAbortHandler)
	}()
	h := &handler{next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		var pcs [2]uintptr
		// The frames of this function and of HandlerFunc.ServeHTTP are left out.
		if runtime.Callers(3, pcs[:]) > 0 {
			servePC.Store(pcs[0])
		}
	})}
	h.serve(nil, new(serving))
}

// panicCall returns the return address of the innermost panic call of a stack, 0
// when there is none.
func panicCall(stack []uintptr) uintptr {
	for i := 1; i < len(stack); i++ {
		if f := runtime.FuncForPC(stack[i-1] - 1); f != nil && f.Name() == "runtime.gopanic" {
			return stack[i]
		}
	}
	return 0
}

// recognise looks for the two return addresses.
func recognise(stack []uintptr) (again, inHandler bool) {
	repanic, serve := repanicPC.Load(), servePC.Load()
	for _, pc := range stack {
		again = again || pc == repanic
		inHandler = inHandler || pc == serve
	}
	return again, inHandler
}

// onMain reports whether a stack is that of the main goroutine, which
// runtime.main begins (runtime/proc.go). With a guard at the top of main, the
// program ends as soon as the guard returns. No request is served there.
func onMain(stack []uintptr) bool {
	if len(stack) < 2 {
		return false
	}
	f := runtime.FuncForPC(stack[len(stack)-2] - 1) // below it is only goexit
	return f != nil && f.Name() == "runtime.main"
}

// seenBefore decides about a stack with a guard's panic on it: either that is
// the panic just recovered, or, when other code recovered it and panicked
// again, the value tells.
func seenBefore(stack []uintptr, typ, text string) bool {
	return panicCall(stack) == repanicPC.Load() || remembered(goroutineID(), typ, text)
}

// passed remembers the latest panics that guards have raised again.
var passed struct {
	sync.Mutex
	next int
	ring [32]passedPanic
}

type passedPanic struct {
	goroutine, parent int64 // 0 when unknown
	typ, text         string
	at                int64 // Unix time in seconds
}

// passedFor is how long a panic may take from one goroutine to the next, in seconds.
const passedFor = 10

func remember(r *record) {
	passed.Lock()
	defer passed.Unlock()
	passed.ring[passed.next%len(passed.ring)] = passedPanic{r.goroutine, goid.Parent(), r.typ, r.text, r.at.Unix()}
	passed.next++
}

// remembered reports whether a guard of the goroutine has raised a panic again.
func remembered(goroutine int64, typ, text string) bool {
	return among(typ, text, func(p *passedPanic) bool { return p.goroutine == goroutine })
}

// passedBelow reports whether a guard of a goroutine that this one started has:
// http.TimeoutHandler serves on one, and raises its panic again on the first. It
// does so once, and at once: the next panic with the same text is another one, and
// so is one that the runtime has raised.
func passedBelow(r *record) bool {
	return r.goroutine != 0 && among(r.typ, r.text, func(p *passedPanic) bool {
		below := p.parent == r.goroutine && r.at.Unix()-p.at < passedFor && !byRuntime(r.pcs[:r.n])
		if below {
			p.parent = 0
		}
		return below
	})
}

// byRuntime reports whether the runtime has raised the innermost panic of a stack.
func byRuntime(stack []uintptr) bool {
	f := runtime.FuncForPC(panicCall(stack) - 1)
	return f != nil && strings.HasPrefix(f.Name(), "runtime.")
}

func among(typ, text string, is func(*passedPanic) bool) bool {
	passed.Lock()
	defer passed.Unlock()
	for i := range passed.ring {
		if p := &passed.ring[i]; p.typ == typ && p.text == text && is(p) {
			return true
		}
	}
	return false
}

// goroutineID is the number of the goroutine that calls, 0 when unknown.
func goroutineID() int64 {
	if id := goid.Self(); id != 0 {
		return id
	}
	return goid.Slow()
}
