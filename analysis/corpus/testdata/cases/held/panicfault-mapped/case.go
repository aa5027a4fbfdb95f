// Package mapped reads files that may shrink under it.
package mapped

import (
	"runtime/debug"
	"sync"
)

type segment struct {
	data []byte
	mu   sync.Mutex
}

// Setup sets it once for the process, as it thinks.
func Setup() {
	debug.SetPanicOnFault(true) // FAULT panic-on-fault
	for range 4 {
		go work()
	}
}

var jobs = make(chan *segment)

func work() {
	for s := range jobs {
		s.sum()
	}
}

func (s *segment) sum() (n int, failed bool) {
	defer func() { failed = recover() != nil }()
	for _, b := range s.data {
		n += int(b)
	}
	return n, false
}

// Read sets it for the read, in the goroutine that reads.
func (s *segment) Read(p []byte) (n int, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := debug.SetPanicOnFault(true) // FINE panic-on-fault #read: for this goroutine, which reads
	defer debug.SetPanicOnFault(old)
	defer func() { failed = recover() != nil }()
	return copy(p, s.data), false
}

var started = func() bool {
	debug.SetPanicOnFault(true) // FAULT panic-on-fault
	return true
}()

// Loop reads in a goroutine that set it itself.
func Loop(in <-chan *segment, out chan<- int) {
	debug.SetPanicOnFault(true) // FINE panic-on-fault #loop: the loop below reads in this goroutine
	for s := range in {
		n, _ := s.sum()
		out <- n
	}
}

// Open makes a segment.
func Open(data []byte) *segment { return &segment{data: data} }
