package crash

import "strings"

// inferKind finds out what a stack without a headline is the rest of: the
// output of debug.SetCrashOutput lacks the headlines of fatal errors, logs lack
// the line that named the recovered value, and pasted text lacks anything.
func (d *draft) inferKind() {
	r := &d.report
	r.Kind = KindFragment
	var stack []Frame
	switch {
	case len(r.RuntimeStack) > 0:
		stack = r.RuntimeStack
	case len(r.Goroutines) > 0:
		stack = r.Goroutines[0].Frames
	default:
		stack = r.Loose
	}
	switch {
	case throwAt(stack) >= 0, len(r.RuntimeStack) > 0, r.Signal.Name != "":
		r.Kind = KindFatal
	case asleep(r) && (d.crashOutput || r.Goroutines[0].ID == 1):
		r.Kind = KindFatal // what follows "all goroutines are asleep", the main one first
	case panicAt(stack) >= 0:
		r.Kind = KindPanic
		if printedItself(stack) {
			r.Recovered = true
		}
		if v, ok := loggedValue(d.lineAbove); ok {
			v = strings.ToValidUTF8(v, "\uFFFD") // it may be of a record, which nobody has read as a line
			r.Message, r.HasMessage, r.Recovered = v, true, true
			r.Panics = []Panic{{Message: v}}
		}
	case d.crashOutput:
		r.Kind = KindFatal
	}
}

// throwAt returns the index of the frame that ended the process, -1 when there
// is none: runtime.throw and runtime.fatal, and the entry points other packages
// have to them (sync.fatal, internal/runtime/maps.fatal, ...). Frames of a panic
// may stand above it, but no application frame does.
func throwAt(stack []Frame) int {
	for i := range stack {
		fn := stack[i].Func
		switch fn {
		case "runtime.throw", "runtime.fatal", "runtime.fatalthrow", "runtime.fatalpanic", "runtime.dopanic":
			return i
		}
		if name, ok := strings.CutSuffix(fn, ".fatal"); ok && !IsApp(name+".x") {
			return i
		}
		if name, ok := strings.CutSuffix(fn, ".throw"); ok && !IsApp(name+".x") {
			return i
		}
		if IsApp(fn) {
			return -1
		}
	}
	return -1
}

// panicAt returns the index of the deepest, that is oldest, panic on a stack:
// what stands below it is the code that panicked first.
func panicAt(stack []Frame) int {
	for i := len(stack) - 1; i >= 0; i-- {
		if fn := stack[i].Func; fn == "panic" || fn == "runtime.gopanic" {
			return i
		}
	}
	return -1
}

// asleep reports whether every goroutine waits for another one, as in a
// deadlock. In any text they may be an excerpt of more.
func asleep(r *Report) bool {
	if len(r.Goroutines) == 0 || r.Truncated || r.awake || !waitsForGoroutine(r.Goroutines[0].State) {
		return false
	}
	for i := range r.Goroutines {
		g := &r.Goroutines[i]
		if !waitsForGoroutine(g.State) && !backgroundState(g.State) {
			return false
		}
	}
	return true
}

// checksDead reports whether the runtime's own stack can be that of a deadlock,
// which runtime.checkdead finds.
func checksDead(stack []Frame) bool {
	for i := range stack {
		if stack[i].Func == "runtime.checkdead" {
			return true
		}
	}
	return throwAt(stack) < 0
}

// waitsForGoroutine reports whether only another goroutine can end this wait
// (runtime/runtime2.go, waitReasonStrings).
func waitsForGoroutine(state string) bool {
	switch state {
	case "semacquire", "select (no cases)", "select", "coroutine":
		return true
	}
	return strings.HasPrefix(state, "chan ") || strings.HasPrefix(state, "sync.")
}

// backgroundState reports whether a goroutine of the runtime itself waits so.
func backgroundState(state string) bool {
	switch state {
	case "force gc (idle)", "GC sweep wait", "GC scavenge wait", "finalizer wait", "cleanup wait", "GC worker (idle)", "GOMAXPROCS updater (idle)", "trace reader (blocked)":
		return true
	}
	return false
}

// onItsStack reports whether the runtime was at work for a goroutine in this
// state, on the thread's own stack: until Go 1.4 its state said so
// (runtime/stack.c, runtime·newstack; runtime/mgc0.c, runtime·gc).
func onItsStack(state string) bool {
	switch state {
	case "stack growth", "stack split", "stack unsplit", "garbage collection":
		return true
	}
	return false
}
