// Command shapes runs one guard of each shape and says which of them recovered.
// It is built by every release that recover-depth has a verdict for.
package main

import (
	"fmt"
	"sort"
)

func main() {
	names := make([]string, 0, len(shapes))
	for name := range shapes {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Println(name, stops(shapes[name]))
	}
}

// stops reports whether the guard within the shape stops its panic.
func stops(shape func()) (stopped bool) {
	defer func() {
		if recover() != nil {
			stopped = false
		}
	}()
	shape()
	return true
}

var sink any

// The helpers that call recover.
func catch()           { sink = recover() }
func catchResult() any { return recover() }
func catchTo(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("%v", v)
	}
}
func catchAny[T any](v T) { sink, sink = v, recover() }

// big is a call that is not inlined, and costs as much as one.
//
//go:noinline
func big(v any) { sink = v }
