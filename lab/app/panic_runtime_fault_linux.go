package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

func init() {
	register("unmapped-address-panicfault", unmappedAddressPanicfault)
	register("noncanonical-address-panicfault", noncanonicalAddressPanicfault)
	register("sigbus-mmap-panicfault", sigbusMmapPanicfault)
	register("write-rodata-panicfault", writeRodataPanicfault)
}

// Without debug.SetPanicOnFault each of these is the fatal error "fault", which
// nothing can recover. It holds for the calling goroutine only.

// unmappedAddressPanicfault reads at an address where nothing is mapped. The
// message speaks of a nil pointer all the same; the address of the signal line,
// or the Addr method of the recovered error, says better.
func unmappedAddressPanicfault() {
	debug.SetPanicOnFault(true)
	fmt.Println(*at(0xdead0000))
}

// noncanonicalAddressPanicfault reads at an address that no page table can
// describe. The processor does not tell which it was, so the report says 0: only
// the code (0x80: from the kernel) shows that no nil pointer was read.
func noncanonicalAddressPanicfault() {
	debug.SetPanicOnFault(true)
	fmt.Println(*at(0xdead_0000_0000_0000))
}

// at makes a pointer of a number, as wrong arithmetic does.
func at(address uintptr) *byte { return *(**byte)(unsafe.Pointer(&address)) }

// sigbusMmapPanicfault maps a file and reads on after somebody has truncated it.
func sigbusMmapPanicfault() {
	debug.SetPanicOnFault(true)
	file, err := os.CreateTemp("", "index")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	const size = 1 << 16
	_ = file.Truncate(size)
	index, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = file.Truncate(0)
	fmt.Println(index[size-1])
}

// writeRodataPanicfault writes into a string that is part of the program's text.
func writeRodataPanicfault() {
	debug.SetPanicOnFault(true)
	greeting := "hello"
	*unsafe.StringData(greeting) = 'j'
	fmt.Println(greeting)
}
