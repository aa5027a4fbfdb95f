// Program cshared is a library in Go (-buildmode=c-shared) for a host in C,
// host.c: the runtime is a guest in somebody else's process, and knows.
package main

import "C"

import (
	"errors"

	"github.com/backstop-go/backstop/lab/harness"
)

// Serve is the library's one function. As in every program of the lab, the name
// says what it is to do.
//
//export Serve
func Serve(name *C.char) {
	harness.Start(C.GoString(name), map[string]func(){
		"cshared-0": func() { panic(errors.New("stock ledger is corrupt")) },
		"cshared-1": func() { <-make(chan int) },
		"cshared-2": dereference,
		"cshared-3": func() {}, // the host does the rest
		"cshared-4": func() {},
	})
}

type account struct{ balance int }

func dereference() {
	var a *account
	a.balance++
}

func main() {}
