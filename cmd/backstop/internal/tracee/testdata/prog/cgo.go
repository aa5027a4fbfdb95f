//go:build cgo

package main

/*
#include <stdint.h>
extern void backFromC(void);
static void throughC(void) { backFromC(); }
*/
import "C"

func init() {
	shapes["cgo-callback"] = func() { guarded(func() { C.throughC() }) }
}

//export backFromC
func backFromC() { panic("behind C") }
