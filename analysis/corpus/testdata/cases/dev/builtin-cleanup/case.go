// Package session removes what a session leaves behind.
package session

import (
	"errors"
	"log"
	"os"
	"runtime/debug"
)

type session struct {
	dir   string
	names map[string]int
}

func (s *session) forget(name string) {
	delete(s.names, name)
	if name == "" {
		panic("session: empty name")
	}
}

// Drop forgets a name, in the background.
func (s *session) Drop(name string, done chan<- struct{}) {
	// ALSO goroutine-unguarded: the guard below is none
	go func() {
		defer close(done)
		defer recover() // FAULT recover-builtin-deferred #drop dies: empty name
		s.forget(name)
	}()
}

// Clean removes the directory even when a hook panics.
func (s *session) Clean(hooks []func()) {
	for i := range hooks {
		defer recover() // FAULT recover-builtin-deferred #clean dies: hook
		hooks[i]()
	}
	os.RemoveAll(s.dir)
}

// Reset is called for its effect only, so nobody hears of the panic on purpose
// but the log.
func (s *session) Reset(name string) {
	defer func() {
		defer recover() // FINE recover-builtin-deferred #reset: deferred by a deferred function, it is called by the runtime and works
		log.Printf("reset %s\n%s", name, debug.Stack())
	}()
	s.forget(name)
}

type guard struct{ last error }

func (g *guard) recover() { g.last = errors.New("guarded") }

// Touch uses a method that happens to have the name of the builtin.
func (g *guard) Touch(s *session, name string) {
	defer g.recover() // FINE recover-builtin-deferred #touch: a method of this package
	s.names[name]++
}

// Count counts with a local function of the same name.
func Count(names []string) (n int) {
	recover := func() { n = len(names) }
	defer recover() // FINE recover-builtin-deferred #count: shadows the builtin
	return 0
}

// Begin begins a session.
func Begin(dir string, names map[string]int) *session {
	return &session{dir: dir, names: names}
}
