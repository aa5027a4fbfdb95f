package main

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"
)

func init() {
	register("index-out-of-range", indexOutOfRange)
	register("slice-bounds", sliceBounds)
	register("slice-to-array", sliceToArray)
	register("makeslice-neg-len", makesliceNegLen)
	register("makeslice-cap", makesliceCap)
	register("makeslice-huge", makesliceHuge)
	register("makechan-neg", makechanNeg)
	register("append-huge", appendHuge)
	register("unsafe-slice-len", unsafeSliceLen)
}

// indexOutOfRange expects a second word that the input does not have.
func indexOutOfRange() {
	words := strings.Fields("GET")
	fmt.Println("path:", words[1])
}

// sliceBounds cuts at a separator that is not there: Index says -1.
func sliceBounds() {
	header := "no separator"
	fmt.Println("name:", header[:strings.Index(header, ":")])
}

// sliceToArray converts a slice into an array that is longer.
func sliceToArray() {
	key := []byte(strings.Repeat("k", 16))
	fmt.Println([32]byte(key))
}

// makesliceNegLen makes a slice of a length that a subtraction brought below
// zero.
func makesliceNegLen() {
	size, _ := strconv.Atoi("4")
	const header = 8
	payload := make([]byte, size-header)
	fmt.Println(len(payload))
}

// makesliceCap makes a slice of a good length and a negative capacity. It is the
// capacity that the message speaks of.
func makesliceCap() {
	hint, _ := strconv.Atoi("-1")
	names := make([]string, 0, hint)
	fmt.Println(cap(names))
}

// makesliceHuge trusts a length that no machine can address. What the address
// space might hold, and memory does not, ends the process instead: see
// append-huge.
func makesliceHuge() {
	size, _ := strconv.Atoi("4611686018427387904") // 1 << 62
	payload := make([]byte, size)
	fmt.Println(len(payload))
}

// makechanNeg makes a channel of negative size.
func makechanNeg() {
	workers, _ := strconv.Atoi("-1")
	jobs := make(chan int, workers)
	fmt.Println(cap(jobs))
}

// appendHuge lets a slice grow by 64 TiB. An address space might hold that, so
// the size is not "out of range": the runtime asks the system, and gives up.
func appendHuge() {
	size, _ := strconv.Atoi("70368744177664") // 1 << 46
	log := []byte("begin")
	log = append(log, make([]byte, size)...)
	fmt.Println(len(log))
}

// unsafeSliceLen makes a slice over foreign memory with a length that was never
// checked.
func unsafeSliceLen() {
	count, _ := strconv.Atoi("-1")
	var first int32
	samples := unsafe.Slice(&first, count)
	fmt.Println(len(samples))
}
