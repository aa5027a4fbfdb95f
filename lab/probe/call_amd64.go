package main

import (
	"runtime"
	"unsafe"
)

func init() { register("call-instruction", callInstruction) }

// aroundCall returns the stack pointer before a CALL, the stack pointer in the
// function called, and the word it points to there.
func aroundCall() (before, inside, word uintptr)

// inCall is what it calls; it can be called from assembly only.
func inCall()

// callInstruction looks at what CALL does to the stack.
func callInstruction() {
	before, inside, word := aroundCall()
	say("sp_moves_by", int64(inside)-int64(before))
	f := runtime.FuncForPC(word)
	say("pushes_an_address_in_the_caller", f != nil && f.Name() == "main.aroundCall")
	if f != nil {
		opcode := word - 5 // CALL with a distance is E8 and four bytes
		say("behind_the_call", *(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&opcode))) == 0xe8)
	}
}
