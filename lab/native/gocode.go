package main

/*
static void keep(void *p) { (void)p; }
*/
import "C"

import (
	"errors"
	"unsafe"
)

func init() {
	register("cgo-panic", cgoPanic)
	register("cgo-nil-deref", cgoNilDereference)
	register("cgo-deadlock-select", cgoDeadlock)
	register("cgocheck-go-pointer", cgoCheck)
}

// cgoPanic panics in Go; the program has C in it, and that changes nothing.
func cgoPanic() { panic(errors.New("stock ledger is corrupt")) }

// cgoNilDereference reads through a nil pointer in Go: a panic as everywhere.
func cgoNilDereference() { balance(nil) }

// cgoDeadlock waits for ever. Without cgo the runtime would notice.
func cgoDeadlock() { select {} }

type basket struct{ first *int }

// cgoCheck passes C a pointer to Go memory that holds another one, which C may
// not see unless it is pinned. The check is on by default (GODEBUG=cgocheck=1).
func cgoCheck() {
	quantity := 3
	b := &basket{first: &quantity}
	C.keep(unsafe.Pointer(b))
}
