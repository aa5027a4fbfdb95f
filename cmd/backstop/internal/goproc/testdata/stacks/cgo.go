//go:build cgo

package main

/*
extern void backFromC(int);
static void throughC(int n) { backFromC(n); }
*/
import "C"

func init() {
	cases["cgo"] = func() { C.throughC(0) }
	cases["cgo-twice"] = func() { C.throughC(1) }
	cases["cgo-panic"] = func() { recovered(func() { C.throughC(-1) }) }
}

//export backFromC
func backFromC(n C.int) {
	if n < 0 {
		panic("behind C")
	}
	if n > 0 {
		C.throughC(n - 1)
		return
	}
	stack()
}
