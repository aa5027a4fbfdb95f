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
	"runtime"
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
	return number(buf[:runtime.Stack(buf[:], false)], "goroutine ")
}

// number reads the digits that follow the first of a mark in text; 0 when there
// are none.
func number(text []byte, mark string) (n int64) {
	i := bytes.Index(text, []byte(mark))
	if i < 0 {
		return 0
	}
	for _, c := range text[i+len(mark):] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// What is looked for.
const (
	self = iota
	parent
)

// A sample is one goroutine's view of itself: the two numbers that runtime.Stack
// tells, and the words that may be them.
type sample struct {
	known [2]int64
	words [searched]uint64
}

func (s *sample) take() {
	var buf [2048]byte
	stack := buf[:runtime.Stack(buf[:], false)]
	s.known[self] = number(stack, "goroutine ")
	// The first line may have labels, so anything. With
	// GODEBUG=tracebackancestors more goroutines and their creators follow.
	stack = stack[bytes.IndexByte(stack, '\n')+1:]
	if i := bytes.Index(stack, []byte("\ncreated by ")); i >= 0 {
		s.known[parent] = number(stack[i:], " in goroutine ")
	}
	for i := range s.words {
		s.words[i] = word(uintptr(i) * 8)
	}
}

// A trial is a chain of goroutines, each created by the one before, so that they
// have different creators.
type trial struct {
	samples [5]sample
	running sync.WaitGroup
}

// run returns when all goroutines have nothing left to do.
func (t *trial) run() {
	t.running.Add(len(t.samples))
	go t.link(0)
	t.running.Wait()
}

func (t *trial) link(i int) {
	t.samples[i].take()
	if i+1 < len(t.samples) {
		go t.link(i + 1)
	}
	t.running.Done()
}

// find returns the offset of the only word that is the known number in each
// sample, 0 if there is none or more than one.
func (t *trial) find(what int) (at uintptr) {
words:
	for w := 1; w < searched; w++ {
		for i := range t.samples {
			s := &t.samples[i]
			if n := s.known[what]; n <= 0 || s.words[w] != uint64(n) {
				continue words
			}
		}
		if at != 0 {
			return 0
		}
		at = uintptr(w) * 8
	}
	return at
}

func calibrate() error {
	if unsupported != "" {
		return errors.New("goroutine numbers: " + unsupported)
	}
	// What the first trial finds must hold for the goroutines of the second.
	var trials [2]trial
	var found [2][2]uintptr
	for i := range trials {
		t := &trials[i]
		t.run()
		for what := range found[i] {
			found[i][what] = t.find(what)
		}
	}
	if found[0][self] == 0 || found[0][self] != found[1][self] {
		return errors.New("goroutine numbers: not at one place in every runtime.g of " + runtime.Version())
	}
	selfAt.Store(found[0][self])
	if found[0][parent] == found[1][parent] {
		parentAt.Store(found[0][parent]) // 0 if that is unknown: the rest works
	}
	return nil
}
