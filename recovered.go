package backstop

import (
	"context"
	"errors"
)

// Recovered reports a panic that the caller recovered, as [Capture] does, and
// returns it as a [PanicError]:
//
//	defer func() {
//		if v := recover(); v != nil {
//			err = backstop.Recovered(ctx, v)
//		}
//	}()
//
// It returns nil for a nil value, and the value itself if that is a PanicError
// already. ctx may be nil.
func Recovered(ctx context.Context, value any) error {
	if value == nil {
		return nil
	}
	if p, ok := value.(*PanicError); ok && p != nil {
		return p
	}
	err := newPanicError(value)
	capture(ctx, value, handed)
	return err
}

// Carry returns a context that carries the request of ctx, or of the calling
// goroutine, to where nothing else tells it: a queue, a timer, a goroutine that
// somebody else starts. [Go] and [Group] do that by themselves. A nil ctx means
// context.Background.
func Carry(ctx context.Context) context.Context { return forGoroutine(ctx) }

// Resume is the other end of [Carry]: it calls f on this goroutine in the name of
// the request that ctx carries. While f runs, guards and whoever reports a crash
// that no recover can see find that request. It is for a goroutine that works for
// one request after the other; a panic in f passes, so f should begin with a
// guard. A nil ctx means context.Background.
func Resume(ctx context.Context, f func(ctx context.Context)) {
	if ctx == nil {
		ctx = context.Background()
	}
	var e entered
	defer e.leave()
	e.enterChild(ctx)
	if canLabel && carries(ctx) {
		defer clearLabels()
	}
	f(ctx)
}

func carries(ctx context.Context) bool {
	defer func() { recover() }() // a context of theirs, at fault
	return requestOf(ctx) != nil
}

// wasCaptured reports whether v is or wraps a panic that was reported.
func wasCaptured(v any) (captured bool) {
	defer func() {
		if recover() != nil {
			captured = false // an Unwrap of theirs, at fault
		}
	}()
	err, ok := v.(error)
	if !ok {
		return false
	}
	var p *PanicError
	return errors.As(err, &p) && p != nil && p.captured
}

// broughtStack replaces the stack of a value that was handed to Capture by the
// one that the value brings.
func broughtStack(v any, pcs []uintptr, n int) (kept int) {
	defer func() {
		if recover() != nil {
			kept = n // a Callers of theirs, at fault
		}
	}()
	if c, ok := v.(interface{ Callers() []uintptr }); ok {
		if brought := c.Callers(); len(brought) > 0 {
			return copy(pcs, brought)
		}
	}
	return n
}
