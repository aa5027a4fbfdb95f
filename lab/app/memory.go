package main

import (
	"runtime"
	"unsafe"
)

func init() {
	register("oom-huge-make", oomHugeMake)
	register("oom-ulimit", oomUlimit)
	register("oom-cgroup", oomCgroup)
	register("bad-heap-pointer", badHeapPointer)
	register("setfinalizer-misuse", setFinalizerMisuse)
	register("setfinalizer-twice", setFinalizerTwice)
}

// oomHugeMake asks for 64 TiB. A length that cannot be addressed at all is a
// panic; this one could be, and only the operating system says no.
func oomHugeMake() {
	length := 1 << 46 // from a header of a file, say
	sink = make([]byte, length)
}

var sink []byte

// oomUlimit takes memory until the operating system refuses, at the limit of the
// process's address space.
func oomUlimit() { hoard(4<<30, false) }

// oomCgroup takes memory, and uses it, until the kernel kills the process. An
// allocation cannot fail there: the kernel promises more than it has, and takes
// it out of whoever touches a page too many.
func oomCgroup() { hoard(512<<20, true) }

// hoard allocates up to a number of bytes.
func hoard(bytes int, touch bool) {
	const piece = 4 << 20
	var kept [][]byte
	for total := 0; total < bytes; total += piece {
		b := make([]byte, piece)
		for i := 0; touch && i < len(b); i += 4096 {
			b[i] = 1
		}
		kept = append(kept, b)
	}
	runtime.KeepAlive(kept)
}

// badHeapPointer keeps the addresses of objects as integers, which the garbage
// collector does not see, and makes pointers of them when the objects are gone.
// The next collection meets pointers into memory that holds nothing.
func badHeapPointer() {
	var addresses []uintptr
	for i := 0; i < 64; i++ {
		b := make([]byte, 1<<20)
		addresses = append(addresses, uintptr(unsafe.Pointer(&b[0])))
	}
	runtime.GC() // frees them
	runtime.GC()
	dangling := make([]unsafe.Pointer, len(addresses))
	for i, a := range addresses {
		dangling[i] = unsafe.Pointer(a)
	}
	runtime.GC()
	runtime.KeepAlive(dangling)
}

// setFinalizerMisuse sets a finalizer on something that is no pointer. It is a
// mistake of the program like a bad argument to reflect, and yet no panic.
func setFinalizerMisuse() { runtime.SetFinalizer(42, func(int) {}) }

// setFinalizerTwice sets a second finalizer, as two layers that both want to close
// a file do.
func setFinalizerTwice() {
	f := &struct{ fd int }{3}
	runtime.SetFinalizer(f, func(*struct{ fd int }) {})
	runtime.SetFinalizer(f, func(*struct{ fd int }) {})
}
