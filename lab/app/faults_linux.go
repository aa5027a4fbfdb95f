package main

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

func init() {
	register("unmapped-address", unmappedAddress)
	register("noncanonical-address", noncanonicalAddress)
	register("write-rodata", writeRodata)
	register("sigbus-mmap-truncated", sigbusMmapTruncated)
	register("bad-func-pointer", badFuncPointer)
	register("sigill", sigill)
	register("sigtrap", sigtrap)
}

// unmappedAddress reads where nothing is mapped. The first 4096 bytes of the
// address space count as "a nil pointer and a field", and are a panic; anything
// else means that memory is corrupt, and is fatal.
func unmappedAddress() { loadByte(0x0dead000) }

// noncanonicalAddress reads at an address that the processor cannot translate,
// such as one makes by writing text over a pointer. The kernel cannot tell the
// address: the traceback says 0x0, and still means no nil pointer.
func noncanonicalAddress() { loadByte(0x6f6c6c6568200a21) }

//go:noinline
func loadByte(address uintptr) byte { return *(*byte)(unsafe.Pointer(address)) }

// writeRodata writes into a string literal, which lies in memory that is mapped
// for reading only.
func writeRodata() {
	greeting := "hello"
	*unsafe.StringData(greeting) = 'j'
}

// sigbusMmapTruncated reads a mapped file after somebody has shortened it: the
// pages are mapped, but there is nothing behind them any more.
func sigbusMmapTruncated() {
	f, err := os.CreateTemp("", "index")
	if err != nil {
		panic(err)
	}
	defer os.Remove(f.Name())
	if err := f.Truncate(4096); err != nil {
		panic(err)
	}
	index, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	if err := f.Truncate(0); err != nil {
		panic(err)
	}
	loadByte(uintptr(unsafe.Pointer(&index[0])))
}

// badFuncPointer calls a func value whose code pointer was overwritten.
func badFuncPointer() {
	closure := &struct{ code uintptr }{0x0dead000}
	handler := *(*func())(unsafe.Pointer(&closure))
	handler()
}

// sigill runs code made at run time, as a JIT does, whose first instruction is
// one that the processor must refuse.
func sigill() {
	code := map[string][]byte{
		"amd64": {0x0f, 0x0b},             // ud2
		"arm64": {0x00, 0x00, 0x00, 0x00}, // udf #0
	}[runtime.GOARCH]
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		panic(err)
	}
	copy(page, code)
	if err := syscall.Mprotect(page, syscall.PROT_READ|syscall.PROT_EXEC); err != nil {
		panic(err)
	}
	closure := &struct{ code uintptr }{uintptr(unsafe.Pointer(&page[0]))}
	compiled := *(*func())(unsafe.Pointer(&closure))
	compiled()
}

// sigtrap meets a breakpoint without a debugger.
func sigtrap() { runtime.Breakpoint() }
