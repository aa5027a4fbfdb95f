// Package goid tells the number of the running goroutine, and of the one that
// created it, in a few nanoseconds.
//
// Start with [Calibrate], once; then [Self] and [Parent] work, or it has said
// why not. [Slow] needs no calibration.
//
// The runtime keeps both numbers in the goroutine's descriptor (g.goid and
// g.parentGoid; runtime/runtime2.go) and hides them. Where in it they are differs
// between releases, so Calibrate finds them by experiment: goroutines whose
// numbers it knows from runtime.Stack look for these in their own descriptors.
// A place counts only if it is the only one that fits all of them.
package goid

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// searched is how many words of a descriptor the experiment reads. The smallest
// runtime.g of the supported releases has 424 bytes on 64-bit machines (Go 1.22;
// 456 in 1.26 and 1.27), so that it reads nothing else.
const searched = 424 / 8

// Byte offsets in runtime.g. 0 means unknown: at 0 is g.stack.
var selfAt, parentAt atomic.Uintptr

var calibration struct {
	sync.Once
	err error
}

// Calibrate finds out where the numbers are, the first time it is called. An
// error says why Self and Parent stay at 0. It takes some ten microseconds and
// a few goroutines that end at once; it stops nobody.
func Calibrate() error {
	calibration.Do(func() { calibration.err = calibrate() })
	return calibration.err
}

// Self returns the number of the running goroutine as tracebacks show it, 0 if
// it cannot: see Calibrate.
func Self() int64 {
	at := selfAt.Load()
	if at == 0 {
		return 0
	}
	return int64(word(at))
}

// Parent returns the number of the goroutine that created this one: N in
// "created by main.main in goroutine N". It returns 0 if that is unknown, and
// for the main goroutine.
func Parent() int64 {
	at := parentAt.Load()
	if at == 0 {
		return 0
	}
	return int64(word(at))
}

// Slow returns the number of the running goroutine from the header that
// runtime.Stack prints, within microseconds; 0 if it does not understand it.
func Slow() int64 {
	var buf [64]byte
	id, _ := header(buf[:runtime.Stack(buf[:], false)])
	return id
}

// header reads "goroutine 7 [running]:" or, at the system traceback level,
// "goroutine 7 gp=0xc000006fc0 ..." (runtime/traceback.go, goroutineheader). It
// returns what follows the first line.
func header(stack []byte) (id int64, rest []byte) {
	stack, ok := bytes.CutPrefix(stack, []byte("goroutine "))
	if !ok {
		return 0, nil
	}
	line, rest, _ := bytes.Cut(stack, []byte("\n"))
	return number(line), rest
}

// number reads the digits that text begins with.
func number(text []byte) int64 {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	id, err := strconv.ParseInt(string(text[:n]), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// A sample is one goroutine's view of itself.
type sample struct {
	id, parent int64 // from runtime.Stack
	words      [searched]uint64
}

func (s *sample) take() {
	var buf [2048]byte
	stack := buf[:runtime.Stack(buf[:], false)]
	s.id, stack = header(stack)
	// With GODEBUG=tracebackancestors there are more such lines below.
	_, created, _ := bytes.Cut(stack, []byte("\ncreated by "))
	created, _, _ = bytes.Cut(created, []byte("\n"))
	if _, creator, ok := bytes.Cut(created, []byte(" in goroutine ")); ok {
		s.parent = number(creator)
	}
	for i := range s.words {
		s.words[i] = word(uintptr(i) * 8)
	}
}

// chain runs f in n goroutines, each created by the one before, and returns when
// all have nothing left to do.
func chain(n int, f func(i int)) {
	var wg sync.WaitGroup
	wg.Add(n)
	var link func(i int)
	link = func(i int) {
		defer wg.Done()
		f(i)
		if i+1 < n {
			go link(i + 1)
		}
	}
	go link(0)
	wg.Wait()
}

func calibrate() error {
	if unsupported != "" {
		return errors.New("goroutine numbers: " + unsupported)
	}
	samples := make([]sample, 5)
	chain(len(samples), func(i int) { samples[i].take() })
	self, err := find(samples, func(s *sample) int64 { return s.id })
	if err != nil {
		return fmt.Errorf("goroutine numbers: %w in runtime.g of %s", err, runtime.Version())
	}
	// Without the creator, the rest works.
	parent, _ := find(samples, func(s *sample) int64 { return s.parent })

	// Those were the goroutines the places were found with; now others.
	var wrong atomic.Int32
	chain(3, func(int) {
		var s sample
		s.take()
		if s.id == 0 || s.words[self/8] != uint64(s.id) {
			wrong.Add(1)
		}
		if parent != 0 && s.words[parent/8] != uint64(s.parent) {
			wrong.Add(1)
		}
	})
	if wrong.Load() != 0 {
		return fmt.Errorf("goroutine numbers: the place found in runtime.g of %s holds something else in other goroutines", runtime.Version())
	}
	selfAt.Store(self)
	parentAt.Store(parent)
	return nil
}

// find returns the offset of the only word that is the wanted number in each
// sample.
func find(samples []sample, want func(*sample) int64) (at uintptr, err error) {
	found := 0
	for w := 1; w < searched; w++ {
		fits := true
		for i := range samples {
			n := want(&samples[i])
			fits = fits && n > 0 && samples[i].words[w] == uint64(n)
		}
		if fits {
			at = uintptr(w) * 8
			found++
		}
	}
	if found != 1 {
		return 0, fmt.Errorf("%d places fit instead of one", found)
	}
	return at, nil
}
