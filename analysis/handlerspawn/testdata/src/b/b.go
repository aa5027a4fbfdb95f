// Package b is another package.
package b

import "log"

// Explode panics on input.
func Explode(s string) {
	if s == "" {
		panic("empty")
	}
}

// Go runs f with a guard.
func Go(f func()) {
	go run(f)
}

func run(f func()) {
	defer Recover()
	f()
}

// Recover is a guard.
func Recover() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

// Safe returns f with a guard around it.
func Safe(f func()) func() {
	return func() {
		defer Recover()
		f()
	}
}

// Guard recovers, as a method.
type Guard struct{ Name string }

// Catch is to be deferred.
func (g *Guard) Catch() {
	if r := recover(); r != nil {
		log.Println(g.Name, r)
	}
}

// Worker has a loop that guards each round.
type Worker struct{ Jobs chan string }

// Loop runs jobs.
func (w *Worker) Loop() {
	for j := range w.Jobs {
		w.one(j)
	}
}

func (w *Worker) one(j string) {
	defer Recover()
	Explode(j)
}
