// Package library has no main: what it exports are entries.
package library

// Must panics.
func Must(v int, err error) int {
	if err != nil {
		panic(err)
	}
	return v
}

// Guarded does not.
func Guarded() {
	defer func() { _ = recover() }()
	Must(1, nil)
}

type hidden struct{}

// Do is of a type that nobody outside has.
func (hidden) Do() { panic("hidden") }

func internal() { panic("internal") }

var _ = internal
