// Package cstore keeps Go values for C.
package cstore

/*
#include <stdlib.h>

typedef void (*done_fn)(int);
typedef struct { char *name; void *owner; } entry;

static entry *make_entry(void) { return calloc(1, sizeof(entry)); }
static void keep(entry *e, void *owner) { e->owner = owner; }
static int size(const char *s) { int n = 0; while (s && s[n]) n++; return n; }
*/
import "C"

import (
	"log"
	"runtime/debug"
	"strconv"
	"unsafe"
)

type owner struct {
	id   int
	next *owner
}

var table = map[int]*owner{}

//export cstoreDone
func cstoreDone(id C.int) { // FAULT cgo-boundary
	table[int(id)].next.id++
}

//export cstoreParse
func cstoreParse(s *C.char) C.int { // FAULT cgo-boundary
	n, err := strconv.Atoi(C.GoString(s))
	if err != nil {
		panic(err)
	}
	return C.int(n)
}

//export cstoreCount
func cstoreCount() C.int { // FINE cgo-boundary: the length of a map
	return C.int(len(table))
}

func guard(code *C.int) {
	if v := recover(); v != nil {
		log.Printf("cstore: %v\n%s", v, debug.Stack())
		*code = -1
	}
}

//export cstoreSafe
func cstoreSafe(id C.int) (code C.int) { // FINE cgo-boundary: guarded by a helper that is deferred
	defer guard(&code)
	table[int(id)].next.id++
	return 0
}

// Name gives C a copy of the name.
func Name(name string) *C.entry {
	e := C.make_entry()
	e.name = C.CString(name) // FINE cgo-boundary: C memory
	return e
}

// Size passes a copy for the call.
func Size(name string) int {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return int(C.size(s)) // FINE cgo-boundary: C memory
}

// Owned keeps the Go owner in C memory.
func Owned(o *owner) *C.entry {
	e := C.make_entry()
	C.keep(e, unsafe.Pointer(o)) // FAULT cgo-boundary
	return e
}
