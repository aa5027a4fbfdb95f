package main

import (
	"fmt"
	"runtime/debug"
)

func init() {
	register("stack-overflow", stackOverflow)
	register("stack-overflow-setmaxstack", stackOverflowSetMaxStack)
	register("stack-overflow-in-goroutine", stackOverflowInGoroutine)
	register("stack-overflow-error-method", stackOverflowErrorMethod)
}

// A folder that contains itself has no depth.
type folder struct{ parent *folder }

// path writes the path of a folder into a buffer of its caller, behind the path of
// its parent, which it keeps in a buffer of its own: 2 KiB for each level.
func (f *folder) path(to []byte) int {
	var buffer [2048]byte
	n := copy(to, buffer[:f.parent.path(buffer[:])])
	return n + copy(to[n:], "/folder")
}

func loop() *folder {
	f := new(folder)
	f.parent = f
	return f
}

// stackOverflow recurses without end, up to the default limit of 1,000,000,000
// bytes. It takes seconds and hundreds of megabytes to get there; in a container
// with less memory the OOM killer comes first, and there is no traceback.
func stackOverflow() { loop().path(nil) }

// stackOverflowSetMaxStack is the same with a limit that is reached at once.
func stackOverflowSetMaxStack() {
	debug.SetMaxStack(1 << 20)
	loop().path(nil)
}

// stackOverflowInGoroutine is the same in another goroutine: one runaway request
// ends all of them.
func stackOverflowInGoroutine() {
	debug.SetMaxStack(1 << 20)
	done := make(chan int)
	go func() { done <- loop().path(nil) }()
	<-done
}

// A failure formats itself with %v, which calls Error, which formats itself.
type failure struct{ code int }

// Error has a buffer that is most of each level: the stack is exceeded where that
// begins. Else it would be in fmt or in the allocator, and the sizes of their frames,
// which change with every release, would decide.
func (f failure) Error() string {
	var buffer [64 << 10]byte
	return string(fmt.Appendf(buffer[:0], "failure %v", f))
}

// stackOverflowErrorMethod prints an error whose Error method calls itself
// through package fmt. fmt recovers a panic of such a method, but this is none.
func stackOverflowErrorMethod() {
	debug.SetMaxStack(1 << 20)
	fmt.Println(failure{code: 7})
}
