package safe

import (
	"errors"
	"reflect"
)

// ErrNilResult is what [Check] and [Must] say of a nil result that came without
// an error.
var ErrNilResult = errors.New("nil result without an error")

// A Checked result was looked at and waits for the name of its service.
type Checked[T any] struct {
	result T
	err    error
}

// Check looks at the result of a call before anybody uses it:
//
//	order, err := safe.Check(client.Charge(ctx, cart)).From("payment")
//
// An error is wrapped in a [ServiceError]. So is [ErrNilResult], for a result
// that is nil although no error says so and that would panic on first use: a nil
// pointer, map, channel, function or interface, also a nil pointer inside an
// interface. A nil slice is an empty one and passes.
//
// Calls whose nil means "nothing found" are not for Check.
func Check[T any](result T, err error) Checked[T] {
	if err == nil && isNil(result) {
		err = ErrNilResult
	}
	return Checked[T]{result, err}
}

// From names the service and returns the result, with the error wrapped.
func (c Checked[T]) From(service string) (T, error) {
	return c.result, fromService(service, c.err)
}

// A Required result was looked at and waits for the name of its service.
type Required[T any] struct {
	checked Checked[T]
}

// Must is [Check] for what a program cannot start without:
//
//	var pages = safe.Must(template.ParseFS(files, "*.html")).From("pages")
//
// From panics with a [ServiceError] where Check returns one. It belongs into
// package variables and the beginning of main, where there is nobody to return
// an error to and the process has to end. While requests are served, the same
// panic would take work down that has nothing to do with the service; use Check
// there.
func Must[T any](result T, err error) Required[T] {
	return Required[T]{Check(result, err)}
}

// From names the service and returns the result, or panics.
func (r Required[T]) From(service string) T {
	result, err := r.checked.From(service)
	if err != nil {
		panic(err)
	}
	return result
}

// isNil reports whether v is nil, or an interface that holds a nil pointer. It
// boxes v only where that costs nothing.
func isNil[T any](v T) bool {
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return reflect.ValueOf(v).IsNil()
	case reflect.Interface:
		held := reflect.ValueOf(v) // of the dynamic type
		switch held.Kind() {
		case reflect.Invalid:
			return true
		case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
			return held.IsNil()
		}
	}
	return false
}
