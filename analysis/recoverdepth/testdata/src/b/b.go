// Package b has guards that others defer.
package b

import "log"

// Catch is a guard, if it is deferred itself.
func Catch() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

// CatchTo too.
func CatchTo(err *error) {
	if r := recover(); r != nil {
		*err = r.(error)
	}
}

// Named recovers too deep, whoever defers it.
func Named(name string) {
	Catch()
}

// Plain too, and never by accident.
func Plain() {
	Catch()
}

// Big does so much that it is not inlined.
func Big(name string) {
	log.Println(name)
	log.Println("done")
	Catch()
}

// Run has a guard of its own.
func Run(f func()) {
	defer Catch()
	f()
}

// Protect calls f when it is done.
func Protect(f func()) {
	defer f()
}

// Do calls f.
func Do(f func()) {
	f()
}

// A Guard is one that is made.
type Guard struct{ Name string }

// Catch is a guard as a method.
func (g *Guard) Catch() {
	if r := recover(); r != nil {
		log.Println(g.Name, r)
	}
}

// Close recovers too deep.
func (g *Guard) Close() {
	g.Catch()
}

// Server is a service whose Stop leads to a guard far below.
type Server struct{ g Guard }

// Stop is no guard.
func (s *Server) Stop() {
	log.Println("stop")
	s.session()
}

func (s *Server) session() { s.g.Close() }
