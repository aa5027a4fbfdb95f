// Command dies ends with a fatal error and writes the crash output, which lacks
// the headline, to the file it is told.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"unsafe"
)

func main() {
	f, err := os.Create(os.Args[2])
	if err != nil {
		panic(err)
	}
	if err := debug.SetCrashOutput(f, debug.CrashOptions{}); err != nil {
		panic(err)
	}
	switch os.Args[1] {
	case "unlock":
		new(sync.Mutex).Unlock()
	case "runlock":
		new(sync.RWMutex).RUnlock()
	case "overflow":
		debug.SetMaxStack(1 << 20)
		overflow(1)
	case "finalizer":
		p := new([64]byte)
		runtime.SetFinalizer(p, func(*[64]byte) {})
		runtime.SetFinalizer(p, func(*[64]byte) {})
	case "fault":
		println(*(*byte)(unsafe.Pointer(uintptr(0xdead000))))
	case "maps":
		m := make(map[int]int)
		for i := 0; i < 4; i++ {
			go func() {
				for {
					m[1]++
				}
			}()
		}
		select {}
	}
}

func overflow(n int) int { return overflow(n+1) + 1 }
