package main

/*
#cgo CFLAGS: -fstack-protector-all
#include <stdlib.h>
#include "memory.h"
*/
import "C"

import (
	"runtime/debug"
	"unsafe"
)

func init() {
	register("c-segv", cNull)
	register("c-segv-addr", cUnmapped)
	register("c-segv-panicfault", cPanicOnFault)
	register("c-sigfpe", cDivide)
	register("c-stack-overflow", cRecurse)
	register("c-stack-smash", cSmashStack)
	register("c-double-free", cDoubleFree)
	register("c-heap-smash", cSmashHeap)
	register("c-use-after-free", cUseAfterFree)
	register("c-free-go-pointer", cFreeGoPointer)
	register("c-malloc-fail", cMallocFails)
}

// cNull reads through a null pointer in C. In Go this is a panic; here it is not.
func cNull() { C.read_null() }

// cUnmapped reads at an address that is mapped no more.
func cUnmapped() { C.read_unmapped() }

// cPanicOnFault asks for panics in place of fatal faults, which C does not heed.
func cPanicOnFault() {
	debug.SetPanicOnFault(true)
	C.read_null()
}

// cDivide divides by zero in C.
func cDivide() { C.divide(0) }

// cRecurse overflows the stack of the thread, which does not grow as a
// goroutine's does.
func cRecurse() { C.recurse() }

// cSmashStack writes past a local array; the compiler's stack protector notices
// when the function returns.
func cSmashStack() { C.smash_stack(64) }

// cDoubleFree frees the same memory twice; the allocator notices.
func cDoubleFree() { C.free_twice() }

// cSmashHeap writes past a block of the heap; the allocator notices later, when
// the next block is freed.
func cSmashHeap() { C.smash_heap() }

// cUseAfterFree reads memory that free has given back to the system.
func cUseAfterFree() { C.read_freed() }

// cFreeGoPointer gives C's allocator memory that is Go's. It looks at the bytes
// before the pointer for a size, and finds zeros.
func cFreeGoPointer() {
	page := make([]byte, 4096)
	C.free(unsafe.Pointer(&page[64]))
}

// cMallocFails asks for more than the address space allows. C.malloc, unlike
// malloc, never returns nil.
func cMallocFails() {
	p := C.malloc(8 << 30)
	C.free(p)
}
