package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

func init() {
	register("panic-string", panicString)
	register("panic-error", panicError)
	register("panic-wrapped-error", panicWrappedError)
	register("panic-int", panicInt)
	register("panic-struct", panicStruct)
	register("panic-nil", panicNil)
	register("panic-nil-panicnil1", panicNil)
	register("panic-nil-error-ptr", panicNilErrorPtr)
	register("panic-error-method-panics", panicErrorMethodPanics)
	register("panic-multiline", panicMultiline)
	register("panic-ansi-nul", panicANSINul)
	register("panic-huge-text", panicHugeText)
	register("panic-deep-stack", panicDeepStack)
}

// panicString is the plainest panic.
func panicString() { panic("price list is empty") }

// panicError panics with an error: the text of its Error method is printed.
func panicError() { panic(errors.New("ledger out of balance")) }

// panicWrappedError panics with an error around another. A guard can use
// errors.Is on what it recovers; the traceback has the text alone.
func panicWrappedError() {
	_, err := os.ReadFile("/no/such/ledger")
	panic(fmt.Errorf("load ledger: %w", err))
}

// panicInt panics with a number of a type of its own, which is printed with the
// type's name.
func panicInt() {
	type exitCode int
	panic(exitCode(42))
}

// panicStruct panics with a struct. The runtime prints its type and its address,
// and not one field of it.
func panicStruct() {
	type failure struct {
		account string
		cents   int
	}
	panic(failure{"A-17", 499})
}

// panicNil calls panic with nil, as panic(err) does where err is nil. Since Go
// 1.21 recover returns a *runtime.PanicNilError for it, and before that nil, as
// if there had been no panic; the go line of go.mod and GODEBUG=panicnil=1 decide.
func panicNil() { panic(nil) }

// A badLine is an error that nobody must call through a nil pointer.
type badLine struct{ line int }

func (e *badLine) Error() string { return fmt.Sprintf("line %d", e.line) }

// panicNilErrorPtr panics with a nil pointer inside an error: it is not nil, and
// its Error method dereferences it when the runtime wants to print the text.
func panicNilErrorPtr() {
	var none *badLine
	var err error = none
	if err != nil {
		panic(err)
	}
}

// A rude error has a method that panics.
type rude struct{}

func (rude) Error() string { panic("no text today") }

// panicErrorMethodPanics panics with an error whose Error method panics, while
// the runtime is about to print the first panic.
func panicErrorMethodPanics() { panic(rude{}) }

// panicMultiline panics with text that came from outside and looks like the
// beginning of a goroutine. Before Go 1.23 nothing tells it from a real one.
func panicMultiline() {
	fromOutside := "bad request\n\ngoroutine 7 [running]:\nmain.transfer(0x1)\n\t/srv/bank/transfer.go:12 +0x1d"
	panic(fromOutside)
}

// panicANSINul panics with what a terminal or a C program takes for an end, a
// command, or no text at all.
func panicANSINul() { panic("\x1b[31mred\x1b[0m nul:\x00 not utf-8:\xff\xfe") }

// panicHugeText panics with a mebibyte of text.
func panicHugeText() { panic(strings.Repeat("0123456789abcde ", 1<<16)) }

// panicDeepStack panics 500 calls deep: the traceback shows the first and the
// last fifty.
func panicDeepStack() { descend(500) }

func descend(levels int) {
	if levels == 0 {
		panic("at the bottom")
	}
	descend(levels - 1)
	runtime.KeepAlive(levels)
}
