package a

import (
	"fmt"
	"log"
	"runtime/debug"
	"sync"
)

func init() {
	debug.SetPanicOnFault(true) // want `panic-on-fault: SetPanicOnFault holds for the goroutine that calls it only: init runs in the main goroutine`
}

var _ = debug.SetPanicOnFault(true) // want `panic-on-fault`

func init() {
	setUp()
}

func setUp() {
	log.Println("faults are panics")
	debug.SetPanicOnFault(true) // want `panic-on-fault`
}

func another() {
	go func() {
		debug.SetPanicOnFault(true) // want `panic-on-fault: .* this one ends with nothing done`
	}()
	go onlySets()
}

func onlySets() {
	debug.SetPanicOnFault(true) // want `panic-on-fault`
	log.Println("set")
}

type store struct {
	wg  sync.WaitGroup
	mem []byte
}

func newStore(mem []byte) *store {
	s := &store{mem: mem}
	debug.SetPanicOnFault(true) // want `panic-on-fault: .* the goroutines started here do not inherit it`
	s.wg.Add(1)
	go s.loop()
	return s
}

func (s *store) loop() {
	defer s.wg.Done()
	defer func() {
		if r := recover(); r != nil {
			log.Printf("fault: %v\n%s", r, debug.Stack())
		}
	}()
	for n := range s.mem {
		log.Print(s.mem[n])
	}
}

func workers(mem []byte) {
	debug.SetPanicOnFault(true) // want `panic-on-fault`
	for range 3 {
		go func() {
			defer func() { log.Print(recover(), string(debug.Stack())) }()
			log.Print(mem[0])
		}()
	}
}

// In the goroutine that reads, with a guard.
func read(mem []byte) (b byte, err error) {
	debug.SetPanicOnFault(true)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("fault: %v", r)
		}
	}()
	return mem[0], nil
}

// Restored.
func restored(mem []byte) (b byte, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return mem[0], nil
}

func restoredLater(mem []byte) byte {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	return mem[0]
}

// Each goroutine sets it.
func eachSets(mem []byte) {
	debug.SetPanicOnFault(true)
	go func() {
		debug.SetPanicOnFault(true)
		defer func() { log.Print(recover(), string(debug.Stack())) }()
		log.Print(mem[0])
	}()
}

// It is meant for the calls of read.
func forCallee(mem []byte) {
	debug.SetPanicOnFault(true)
	for range 3 {
		if _, err := read(mem); err != nil {
			go func() { defer func() { log.Print(recover()) }(); log.Print(err) }()
		}
	}
}

// It is switched off.
func off() {
	go func() { debug.SetPanicOnFault(false) }()
}

// Who knows what on is.
func maybe(on bool) {
	go func() { debug.SetPanicOnFault(on) }()
}

// Who calls it decides.
func Enable() {
	debug.SetPanicOnFault(true)
}

func started(mem []byte) byte {
	go debug.SetPanicOnFault(true) // want `this one ends with nothing done`
	return mem[0]
}
