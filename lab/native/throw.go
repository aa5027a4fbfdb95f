package main

/*
#include "throw.h"
*/
import "C"

func init() {
	register("cxx-throw", cxxThrow)
	register("cxx-caught", cxxCaught)
	register("cxx-noexcept", cxxNoexcept)
	register("cxx-pure-virtual", cxxPureVirtual)
}

// cxxThrow lets a C++ exception out into Go, where nothing can catch it.
func cxxThrow() { C.throw_out() }

// cxxCaught catches it where it belongs, in C++.
func cxxCaught() { C.throw_and_catch() }

// cxxNoexcept throws out of a function that promised not to.
func cxxNoexcept() { C.throw_noexcept() }

// cxxPureVirtual calls a virtual function while its object is being made.
func cxxPureVirtual() { C.call_pure_virtual() }
