package a

import (
	"context"
	"errors"
	"log"
	"time"
)

func polls() {
	go func() { // want `the goroutine loops for ever`
		for {
			work()
			time.Sleep(time.Second)
		}
	}()
}

func named() {
	go loop() // want `the goroutine loops for ever`
}

func loop() {
	for {
		work()
	}
}

type server struct{ in chan int }

func (s *server) start() {
	go s.run() // want `the goroutine loops for ever`
}

func (s *server) run() {
	for {
		select {
		case <-s.in:
		case <-time.After(time.Second):
			work()
		}
	}
}

func ticker(t *time.Ticker) {
	go func() { // want `the goroutine loops for ever`
		for range t.C {
			work()
		}
	}()
}

func tick() {
	go func() { // want `the goroutine loops for ever`
		for range time.Tick(time.Second) {
			work()
		}
	}()
}

func nested() {
	go func() { // want `the goroutine loops for ever`
		work()
		loop()
	}()
}

func receives(in chan int) {
	go func() { // want `the goroutine loops for ever`
		for {
			<-in
			work()
		}
	}()
}

func breaksSelect(in chan int) {
	go func() { // want `the goroutine loops for ever`
		for {
			select {
			case <-in:
				break // of the select, not of the loop
			}
		}
	}()
}

// A context ends it.
func stops(ctx context.Context) {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
				work()
			}
		}
	}()
}

// An error does.
func fails() {
	go func() {
		for {
			if err := work(); err != nil {
				return
			}
		}
	}()
}

// A condition does.
func condition(ctx context.Context) {
	go func() {
		for ctx.Err() == nil {
			work()
		}
	}()
}

// A close does.
func ranges(in chan int) {
	go func() {
		for range in {
			work()
		}
	}()
}

// It ends the process.
func fatal() {
	go func() {
		for {
			if err := work(); err != nil {
				log.Fatal(err)
			}
		}
	}()
}

// No loop.
func once() {
	go work()
}

// The loop is in the function that starts goroutines.
func accepts(in chan int) {
	for {
		<-in
		go work()
	}
}

func work() error { return errors.New("no") }
