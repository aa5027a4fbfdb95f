package backstop

import (
	"context"
)

// Recover is deferred where a panic has to be reported and the program to go
// on:
//
//	defer backstop.Recover(ctx)
//
// It recovers the panic of the function that defers it; it must be deferred
// itself and not be called by a deferred function (the language then lets it
// recover nothing). The context, if given, tells the request; only the first
// one counts.
//
// http.ErrAbortHandler is recovered and not reported.
func Recover(ctx ...context.Context) {
	if v := recover(); v != nil {
		capture(first(ctx), v, panicked)
	}
}

// Guard is deferred where a panic has to stay a crash, and be reported with its
// request:
//
//	defer backstop.Guard(ctx)
//
// It writes the event to disk and panics again with the same value. The runtime
// then prints the original stack below Guard's. A panic that passes several
// guards is reported by the innermost. As with Recover, Guard must be deferred
// itself.
func Guard(ctx ...context.Context) {
	if v := recover(); v != nil {
		capture(first(ctx), v, passing)
		repanic(v)
	}
}

// Capture reports a value that the caller recovered, or an error that must not
// happen:
//
//	defer func() {
//		if v := recover(); v != nil {
//			backstop.Capture(ctx, v)
//			...
//		}
//	}()
//
// Called from a deferred function, it reports the stack of the panic;
// elsewhere, the stack of its caller. An error with a method Callers() []uintptr
// brings its own stack, as runtime.Callers has it. A nil value is not reported.
// ctx may be nil. Who raises the panic again raises what Recovered returns: the
// next guard takes the value itself for another panic.
func Capture(ctx context.Context, value any) {
	if value != nil {
		capture(ctx, value, handed)
	}
}

// Go starts f in a goroutine of its own. Should f panic, the panic is reported
// with the request of ctx, and the program goes on. ctx is handed to f; nil
// means context.Background.
func Go(ctx context.Context, f func(ctx context.Context)) {
	ctx = forGoroutine(ctx)
	go func() {
		var e entered
		defer e.leave()
		defer Recover(ctx)
		e.enterChild(ctx)
		f(ctx)
	}()
}

func first(ctx []context.Context) context.Context {
	if len(ctx) == 0 {
		return nil
	}
	return ctx[0]
}

// repanic is the one place where guards panic again. Its return address on a
// stack tells that a guard has seen the panic before.
//
//go:noinline
func repanic(v any) { panic(v) }
