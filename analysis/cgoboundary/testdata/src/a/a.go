package a

/*
#include <stdlib.h>
#include <stdint.h>
struct point { int x, y; char *name; };
typedef struct { void *data; int n; } item;
static item *make_item(void) { return calloc(1, sizeof(item)); }
static void use(void *p) {}
static void number(uintptr_t h) {}
static void points(struct point *p) {}
static void text(const char *s) {}
*/
import "C"

import (
	"encoding/json"
	"runtime"
	"runtime/cgo"
	"strings"
	"unsafe"
)

type node struct {
	next *node
	n    int
}

type plain struct {
	a, b int
	c    [4]byte
}

var handlers []func(int)

//export onEvent
func onEvent(i C.int) { // want `cgo-boundary: C calls onEvent, which may panic`
	handlers[i](int(i))
}

//export onText
func onText(s *C.char) C.int { // want `C calls onText, which may panic`
	return C.int(len(strings.Split(C.GoString(s), ":")[1]))
}

func decode(s string) map[string]any {
	var m map[string]any
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		panic(err)
	}
	return m
}

//export onDeep
func onDeep(s *C.char) { // want `C calls onDeep, which may panic`
	decode(C.GoString(s))
}

// A guard that does nothing, because it recovers too deep.

//export onDisarmed
func onDisarmed(i C.int) { // want `C calls onDisarmed, which may panic`
	defer func() { rescue() }()
	handlers[i](int(i))
}

func rescue() {
	func() { recover() }()
}

// Guarded: C is told by the result.

//export onGuarded
func onGuarded(i C.int) (status C.int) {
	defer func() {
		if recover() != nil {
			status = -1
		}
	}()
	handlers[i](int(i))
	return 0
}

func guard() { recover() }

//export onHelper
func onHelper(i C.int) {
	defer guard()
	handlers[i](int(i))
}

// It does nothing that panics.

//export add
func add(a, b C.int) C.int { return a + b }

// Not exported: the comment is no directive.
// export handle
func handle(i int) { handlers[i](i) }

func goPointers(n *node, names []string, p *plain, b []byte) {
	C.use(unsafe.Pointer(n))         // want `C is handed a pointer to a Go node, which holds Go pointers \(field next\)`
	C.use(unsafe.Pointer(&names[0])) // want `C is handed a pointer to a Go string`
	C.use(unsafe.Pointer(p))         // no pointers
	C.use(unsafe.Pointer(&b[0]))     // no pointers
	C.use(nil)
}

func local() {
	x := node{}
	C.use(unsafe.Pointer(&x)) // want `C is handed a pointer to a Go node`
	var any interface{} = x
	C.use(unsafe.Pointer(&any)) // want `C is handed a pointer to a Go interface`
}

// Pinned.
func pinned(n *node) {
	var pin runtime.Pinner
	pin.Pin(n.next)
	defer pin.Unpin()
	C.use(unsafe.Pointer(n))
}

// A handle is a number.
func handles(n *node) {
	h := cgo.NewHandle(n)
	C.number(C.uintptr_t(h))
	C.use(unsafe.Pointer(&h))
}

// Memory of C.
func memory(b []byte) {
	s := C.CString("x")
	defer C.free(unsafe.Pointer(s))
	C.text(s)
	p := C.CBytes(b)
	C.use(p)
	C.free(p)
	n := (*node)(C.malloc(64))
	C.use(unsafe.Pointer(n))
	pt := C.struct_point{name: s}
	C.points(&pt)
}

// Memory of C that keeps a Go pointer.
func keeps(b []byte, n *node) *C.item {
	it := (*C.item)(C.malloc(C.size_t(unsafe.Sizeof(C.item{}))))
	it.data = unsafe.Pointer(&b[0]) // want `a pointer to Go memory \(an element of a slice\) is stored in memory of C`
	other := C.make_item()
	other.data = unsafe.Pointer(n)                   // want `a pointer to Go memory \(a node\) is stored in memory of C`
	other.data = unsafe.Pointer(unsafe.SliceData(b)) // want `the elements of a slice`
	return it
}

// Pinned as long as C has it.
func keepsPinned(b []byte, pin *runtime.Pinner) *C.item {
	pin.Pin(&b[0])
	it := C.make_item()
	it.data = unsafe.Pointer(&b[0])
	return it
}

// A copy in C memory, a struct of C that lives in Go for a call, a number.
func keepsCopy(b []byte) *C.item {
	it := C.make_item()
	it.data = C.CBytes(b)
	it.n = C.int(len(b))
	local := C.item{data: unsafe.Pointer(&b[0])}
	local.n = it.n
	again := C.make_item()
	again.data = it.data
	return it
}

var nodes = map[int]*node{}

//export onNode
func onNode(id C.int) { // want `C calls onNode, which may panic \(it dereferences an entry of a map`
	nodes[int(id)].next.n++
}

//export onKnownNode
func onKnownNode(id C.int) {
	if n := nodes[int(id)]; n != nil {
		n.n++
	}
}
