// Package fault maps files and means to survive a vanished one.
package fault

import (
	"errors"
	"fmt"
	"runtime/debug"
)

func init() {
	debug.SetPanicOnFault(true) // FAULT panic-on-fault
}

// A File is a mapped file.
type File struct{ data []byte }

// Sum reads all pages.
func (f *File) Sum() (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("page went away: %v\n%s", v, debug.Stack())
		}
	}()
	for _, b := range f.data {
		n += int(b)
	}
	return n, nil
}

// Spawned sets it for the wrong goroutine.
func (f *File) Spawned(out chan<- int) {
	debug.SetPanicOnFault(true) // FAULT panic-on-fault
	go func() {
		n, _ := f.Sum()
		out <- n
	}()
}

// Guarded sets it in the goroutine that reads, and sets it back.
func (f *File) Guarded() (n int, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // FINE panic-on-fault #guarded: same goroutine, set back
	return f.Sum()
}

// Inside sets it in the new goroutine itself.
func (f *File) Inside(out chan<- error) {
	go func() {
		old := debug.SetPanicOnFault(true) // FINE panic-on-fault #inside: in the goroutine that reads
		defer debug.SetPanicOnFault(old)
		n, err := f.Sum()
		if n < 0 {
			err = errors.New("negative")
		}
		out <- err
	}()
}

// Open takes mapped memory.
func Open(data []byte) *File { return &File{data: data} }
