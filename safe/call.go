package safe

import (
	"context"
	"errors"

	"github.com/backstop-go/backstop"
)

// A ServiceError is what went wrong in a call of somebody else's code: an error
// that it returned, or its panic, which errors.As finds as a
// *backstop.PanicError with value and stack.
type ServiceError struct {
	Service string
	Err     error
}

// Error names the service first.
func (e *ServiceError) Error() string { return e.Service + ": " + e.Err.Error() }

// Unwrap returns what went wrong.
func (e *ServiceError) Unwrap() error { return e.Err }

// fromService wraps an error, unless it names the service already.
func fromService(service string, err error) error {
	if err == nil {
		return nil
	}
	var e *ServiceError
	if errors.As(err, &e) && e.Service == service {
		return err
	}
	return &ServiceError{Service: service, Err: err}
}

// Call calls code that is not ours in the name of a service. An error, or a
// panic, comes back as a [ServiceError]; the panic is reported with the request
// of ctx. When ctx is done already, f is not called and the error wraps a
// [RefusedError].
//
// Call does not look at the result: where nil would hurt, return it through
// [Check]. It waits for f, so f has to mind its context. When f ends the
// goroutine with runtime.Goexit, it ends.
func Call[T any](ctx context.Context, service string, f func(ctx context.Context) (T, error)) (result T, err error) {
	ctx = orBackground(ctx)
	returned := false
	// As in guard, whose closure would cost each call an allocation.
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = fromService(service, backstop.Recovered(ctx, v))
		} else {
			err = fromService(service, backstop.ErrGoexit)
		}
	}()
	if err := ctx.Err(); err != nil {
		returned = true
		return result, fromService(service, &RefusedError{err})
	}
	result, err = f(ctx)
	returned = true
	if err != nil {
		err = fromService(service, err)
	}
	return result, err
}

// Do is Call for what has no result.
func Do(ctx context.Context, service string, f func(ctx context.Context) error) error {
	ctx = orBackground(ctx)
	if err := ctx.Err(); err != nil {
		return fromService(service, &RefusedError{err})
	}
	return fromService(service, guard(ctx, f))
}
