// Package native calls C, and is called by C.
//
// Incident #pbc: Nik-U/pbc#1
// Incident #record: envoyproxy/envoy#44123
package native

/*
#include <stdlib.h>
#include <stdint.h>

typedef struct { void *data; int n; } item;

static int use(void *p) { return p != 0; }
static int use_handle(uintptr_t h) { return h != 0; }
*/
import "C"

import (
	"errors"
	"log"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"strings"
	"unsafe"
)

type request struct {
	name  *string
	parts []string
}

//export onFrame
func onFrame(n C.int) C.int { // FAULT cgo-boundary
	if n < 0 {
		panic("native: negative frame")
	}
	return n + 1
}

//export onText
func onText(s *C.char) C.int { // FAULT cgo-boundary
	parts := strings.Split(C.GoString(s), ":")
	return C.int(len(parts[1])) // ALSO index-unchecked: the text may have no colon
}

//export onSafe
func onSafe(n C.int) (code C.int) { // FINE cgo-boundary: guarded
	defer func() {
		if v := recover(); v != nil {
			log.Printf("native: %v\n%s", v, debug.Stack())
			code = -1
		}
	}()
	if n < 0 {
		panic("native: negative frame")
	}
	return n
}

//export onAdd
func onAdd(a, b C.int) C.int { // FINE cgo-boundary: arithmetic that cannot panic
	return a + b
}

// Call passes a Go pointer to memory with Go pointers in it.
func Call(r *request) bool {
	return C.use(unsafe.Pointer(r)) != 0 // FAULT cgo-boundary #pbc dies: cgo argument has Go pointer
}

// Item keeps a Go pointer in C memory after the call.
func Item(b []byte) *C.item {
	it := (*C.item)(C.malloc(C.size_t(unsafe.Sizeof(C.item{}))))
	it.data = unsafe.Pointer(&b[0]) // FAULT cgo-boundary #record
	it.n = C.int(len(b))
	return it
}

// Bytes passes plain bytes, which is allowed.
func Bytes(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	return C.use(unsafe.Pointer(&b[0])) != 0 // FINE cgo-boundary: memory without pointers, for the call
}

// Handle passes a handle.
func Handle(r *request) bool {
	h := cgo.NewHandle(r)
	defer h.Delete()
	return C.use_handle(C.uintptr_t(h)) != 0 // FINE cgo-boundary: a handle is a number
}

// Pinned pins what it hands over.
func Pinned(b []byte) (*C.item, func(), error) {
	if len(b) == 0 {
		return nil, nil, errors.New("native: no bytes")
	}
	var p runtime.Pinner
	p.Pin(&b[0])
	it := (*C.item)(C.malloc(C.size_t(unsafe.Sizeof(C.item{}))))
	it.data = unsafe.Pointer(&b[0]) // FINE cgo-boundary: pinned
	return it, func() { p.Unpin(); C.free(unsafe.Pointer(it)) }, nil
}

// Copied hands over a copy in C memory.
func Copied(b []byte) *C.item {
	it := (*C.item)(C.malloc(C.size_t(unsafe.Sizeof(C.item{}))))
	it.data = C.CBytes(b) // FINE cgo-boundary: C memory
	return it
}
