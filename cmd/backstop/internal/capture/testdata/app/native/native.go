// Package native dies in C and C++, and in a Go function that C calls.
package native

/*
void crash_segv(void);
void crash_abort(void);
void crash_double_free(void);
void crash_throw(void);
void call_back(void);
*/
import "C"

var hook func()

//export goHook
func goHook() { hook() }

// CallBack has C call f.
func CallBack(f func()) {
	hook = f
	C.call_back()
}

// Segv dereferences a null pointer in C.
func Segv() { C.crash_segv() }

// Abort calls abort.
func Abort() { C.crash_abort() }

// DoubleFree frees the same memory twice.
func DoubleFree() { C.crash_double_free() }

// Throw lets a C++ exception out into Go.
func Throw() { C.crash_throw() }
