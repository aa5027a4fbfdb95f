// Program checkptr breaks the rules of package unsafe. It is built with
// -d=checkptr, as -race does as well: the compiler adds checks that end the
// program where it would otherwise go on.
package main

import (
	"unsafe"

	"github.com/backstop-go/backstop/lab/harness"
)

func main() {
	harness.Main(map[string]func(){
		"checkptr-arith":      pastTheEnd,
		"checkptr-misaligned": misaligned,
		"checkptr-straddle":   straddle,
	})
}

type order struct{ items [4]int64 }

var sink *int64

// pastTheEnd computes the address of a fifth item of four.
func pastTheEnd() {
	o := new(order)
	sink = (*int64)(unsafe.Pointer(uintptr(unsafe.Pointer(&o.items[3])) + 4096))
}

// node holds a pointer, and pointers must be aligned.
type node struct{ next *node }

var kept *node

// misaligned sees a node in the middle of a buffer, at an odd address.
func misaligned() {
	buffer := make([]byte, 64)
	kept = (*node)(unsafe.Pointer(&buffer[1]))
}

var large *order

// straddle sees an order of 32 bytes in an object of 8.
func straddle() {
	quantity := new(int64)
	large = (*order)(unsafe.Pointer(quantity))
}
