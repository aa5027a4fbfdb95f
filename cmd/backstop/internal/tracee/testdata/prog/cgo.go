//go:build cgo

package main

/*
#include <stdint.h>
#include <unistd.h>
extern void backFromC(void);
extern void parkedBehindC(void);
static void throughC(void) { backFromC(); }
static void waitInC(void) { for (;;) pause(); }
static void loopInC(void) { for (volatile long n = 0;; n++) {} }
static void parkBehindC(void) { parkedBehindC(); }
*/
import "C"

func init() {
	others["cgo-wait"] = func([]string) { many(1, func() { C.waitInC() }) }
	others["cgo-loop"] = func([]string) { many(1, func() { C.loopInC() }) }
	others["cgo-park"] = func([]string) { many(1, func() { C.parkBehindC() }) }
	shapes["cgo-callback"] = func() { guarded(func() { C.throughC() }) }
}

//export backFromC
func backFromC() { panic("behind C") }

//export parkedBehindC
func parkedBehindC() { select {} }
