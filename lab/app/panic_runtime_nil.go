package main

import (
	"fmt"
	"io"
)

func init() {
	register("nil-deref", nilDeref)
	register("nil-deref-large-offset", nilDerefLargeOffset)
	register("nil-func-call", nilFuncCall)
	register("nil-iface-method", nilIfaceMethod)
	register("defer-nil-func", deferNilFunc)
}

// nilDeref uses what a lookup did not find. There is no check of the pointer in
// the machine code: the processor faults near address 0, and the signal handler
// makes a panic of it. The address in the signal line is the offset of the field.
func nilDeref() {
	type order struct {
		id    string
		total int
	}
	orders := map[string]*order{}
	fmt.Println(orders["A-17"].total)
}

// nilDerefLargeOffset reads a field so far from the start of its struct that the
// address might be mapped, even if the pointer is nil. The compiler checks the
// pointer first, with a read at address 0.
func nilDerefLargeOffset() {
	type frame struct {
		pixels [1 << 16]byte
		delay  int
	}
	frames := map[string]*frame{}
	fmt.Println(frames["first"].delay)
}

// nilFuncCall calls a handler that nobody has registered.
func nilFuncCall() {
	handlers := map[string]func(){}
	handlers["refund"]()
}

// nilIfaceMethod calls a method of an interface that holds nothing. The fault is
// the read of the method table.
func nilIfaceMethod() {
	readers := map[string]io.Reader{}
	_, _ = readers["config"].Read(nil)
}

// deferNilFunc defers a function that is nil. The statement itself is fine: the
// body runs to its end, and the panic comes when the function returns.
func deferNilFunc() {
	cleanups := map[string]func(){}
	defer cleanups["session"]()
	fmt.Println("the body has run")
}
