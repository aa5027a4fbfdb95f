package a

import (
	"log"
	"net/http"
)

func right() {
	defer func() {
		if r := recover(); r != nil {
			log.Println(r)
		}
	}()
	work()
}

// Deferred by somebody, whoever calls it besides.
func deferred() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

func usesDeferred() {
	defer deferred()
	deferred()
	work()
}

type guard struct{ name string }

func (g *guard) catch() {
	if r := recover(); r != nil {
		log.Println(g.name, r)
	}
}

func (g *guard) value() {
	if r := recover(); r != nil {
		log.Println(g.name, r)
	}
}

func (g guard) expression() {
	if r := recover(); r != nil {
		log.Println(g.name, r)
	}
}

func usesMethods(g *guard) {
	defer g.catch()
	stop := g.value
	defer stop()
	defer guard.expression(*g)
	work()
}

// Through an interface.
type catcher interface{ handle() }

func (g *guard) handle() {
	if r := recover(); r != nil {
		log.Println(g.name, r)
	}
}

func usesInterface(c catcher) {
	defer c.handle()
	work()
}

// A variable that is deferred, and one of the package.
func usesVariable() {
	f := func() {
		if r := recover(); r != nil {
			log.Println(r)
		}
	}
	defer f()
	work()
}

var catchAll = func() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

func usesPackageVariable() {
	defer catchAll()
	work()
}

// Stored, and deferred by who holds it.
func stored() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

func newServer() *server { return &server{stop: stored} }

func (s *server) run() {
	defer s.stop()
	work()
}

// Returned.
func open() func() {
	return func() {
		if r := recover(); r != nil {
			log.Println(r)
		}
	}
}

func usesOpen() {
	defer open()()
	work()
}

// Given to a callee that defers it, and to one that nobody knows: tier C.
func protect(f func()) {
	defer f()
	work()
}

func usesProtect(unknown func(func())) {
	protect(func() { log.Println(recover()) })
	unknown(func() { log.Println(recover()) })
}

// In a slice of functions that are deferred: tier C, and C is for this reason.
func usesSlice() {
	for _, f := range []func(){func() { log.Println(recover()) }} {
		defer f()
	}
	work()
}

// A deferred function calls it: that is recover-depth.
func below() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

func usesBelow() {
	defer func() { below() }()
	work()
}

// A statement of another rule.
func eager() {
	defer log.Println(recover())
	work()
}

// Generic, and deferred.
func catchGeneric[T any](v T) {
	if r := recover(); r != nil {
		log.Println(v, r)
	}
}

func usesCatchGeneric() {
	defer catchGeneric(1)
	work()
}

// Not the predeclared recover.
func shadowed() {
	recover := func() any { return nil }
	if recover() != nil {
		log.Println("restored")
	}
	work()
}

// A guard with the parameters of a handler, and deferred.
func catchRequest(w http.ResponseWriter, r *http.Request) {
	if v := recover(); v != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

func usesCatchRequest(w http.ResponseWriter, r *http.Request) {
	defer catchRequest(w, r)
	work()
}

// Such a guard for others: it does nothing but recover. Tier C.
func CatchRequest(w http.ResponseWriter, r *http.Request) {
	if v := recover(); v != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

// Exported: other packages may defer them. Tier C.
func Catch() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

type Guard struct{}

func (Guard) Stop() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}

// Close may be called by an interface of another package. Tier C.
func (s *server) Close() error {
	if r := recover(); r != nil {
		log.Println(r)
	}
	return nil
}

// Not used in this build; a file for another system may defer it. Tier C.
func unused() {
	if r := recover(); r != nil {
		log.Println(r)
	}
}
