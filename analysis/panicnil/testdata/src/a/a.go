package a

import "errors"

func literal() {
	panic(nil) // want `panic-nil: panic with nil`
}

func typed() {
	var err error
	panic(err) // want `panic-nil: panic with nil`
}

func ignored() {
	//backstop:ignore panic-nil the test of a guard needs one
	panic(nil)
}

// The reason is missing: nothing is ignored.
func reasonMissing() {
	panic(nil) //backstop:ignore panic-nil // want `panic-nil: panic with nil`
}

// A value that is not nil on any path.
func fine() {
	panic(errors.New("no stock"))
}

// It may be nil, and may not: nobody can tell.
func maybe(err error) {
	panic(err)
}

// It was compared with nil, and is.
func compared(n int, err error) {
	if err != nil {
		return
	}
	if n == 0 {
		panic(err) // want `panic-nil: panic with nil`
	}
	if err == nil {
		panic("no " + err.Error())
	}
}

// It was compared with nil, and is not.
func checked(err error) {
	if err == nil {
		return
	}
	panic(err)
}

type failure struct{}

// A nil pointer in an interface is not nil: recover returns it.
func pointer() {
	var f *failure
	panic(f)
}

func notThere(m map[string]error, x any, ch chan error) {
	if e, ok := m["x"]; !ok {
		panic(e) // want `panic with nil`
	}
	e, ok := x.(error)
	if !ok {
		panic(e) // want `panic with nil`
	}
	if e, ok := <-ch; ok {
		panic(e) // it was received
	} else {
		panic(e) // want `panic with nil`
	}
}

func neverSet() {
	var cause any
	defer func() { _ = cause }()
	panic(cause) // want `panic with nil`
}

func setByLiteral(f func()) {
	var cause any
	set := func() { cause = "x" }
	set()
	panic(cause) // a literal sets it
}

func replaced(x any) {
	e, ok := x.(error)
	if !ok {
		e = errors.New("x")
	}
	panic(e) // not the zero value any more
}
