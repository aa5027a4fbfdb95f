package main

import (
	"log"
	"runtime/debug"
)

// There is no other goroutine.
func main() {
	debug.SetPanicOnFault(true)
	println(first([]byte("mapped")))
}

func first(mem []byte) byte { return mem[0] }

func init() { log.SetFlags(0) }
