// Package safe is the wider guarded toolbox of Backstop: what programs build
// themselves around calls, queues, timers and goroutines, with the panics in it
// contained and reported together with their request.
//
// Start with [Call], around code that is not yours:
//
//	order, err := safe.Call(ctx, "payment", func(ctx context.Context) (*Order, error) {
//		return client.Charge(ctx, cart)
//	})
//
// There are
//
//   - [Call], [Do]: a panic of somebody else's code becomes an error that names
//     the service;
//   - [Check], [Must]: a result is looked at before it is used;
//   - [Pool]: a few goroutines for many tasks;
//   - [Limiter]: a [Task] runs only if its context, the capacity and the health
//     of what it needs allow it;
//   - [Children]: what happens in the goroutines of a request reaches its handler;
//   - [AfterFunc], [Every], [Func]: callbacks that are called by timers and by
//     others;
//   - [Transport]: an HTTP client that survives its round trips.
//
// A panic that is recovered here is reported once, as backstop.Recovered does,
// and becomes an error that wraps a *backstop.PanicError with value and stack.
// Whoever raises or reports that error again makes no second report.
// http.ErrAbortHandler becomes an error and is not reported. A [RefusedError] says
// that what was refused was not begun.
//
// The package starts no goroutine that waits for work, so it leaves Go's
// deadlock detector alone, except for timers: a program that waits for a timer
// is not deadlocked.
//
// It does not contain what recover cannot: fatal errors, and panics in
// goroutines that the called code starts by itself.
package safe

import (
	"context"

	"github.com/backstop-go/backstop"
)

// A RefusedError says that the work was not begun, so that trying again repeats
// nothing, and why: Err is a context's error, [ErrClosed], [ErrBusy],
// [ErrTooHeavy] or what a health check said.
type RefusedError struct {
	Err error
}

// Error says why.
func (e *RefusedError) Error() string { return "refused: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Err }

// Func guards a callback: the function returned calls f with ctx, and reports
// its panic with the request of ctx. It is for code that calls back on
// goroutines of its own, and would let the panic end the process:
//
//	context.AfterFunc(ctx, safe.Func(ctx, release))
//
// A nil ctx means context.Background.
func Func(ctx context.Context, f func(ctx context.Context)) func() {
	ctx = backstop.Carry(ctx)
	return func() {
		defer backstop.Recover(ctx)
		backstop.Resume(ctx, f)
	}
}

// guard calls f and makes an error of its panic. After runtime.Goexit in f it
// does not return: the deferred calls of its callers run.
func guard(ctx context.Context, f func(ctx context.Context) error) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = backstop.Recovered(ctx, v)
		} else {
			err = backstop.ErrGoexit // read only after panic(nil) under GODEBUG=panicnil=1
		}
	}()
	err = f(ctx)
	returned = true
	return err
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
