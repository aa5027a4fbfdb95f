// Command throws makes the runtime end it for one of the rarer reasons, each of
// which leaves other frames behind. It needs Go 1.23.
package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log"
	"maps"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"
)

var cases = map[string]func(){
	"pinned-panic":   func() { procPin(); panic("cart 17 is broken") },
	"pinned-nil":     func() { procPin(); fmt.Println(*(*int)(nothing)) },
	"pinned-block":   func() { procPin(); <-make(chan int) },
	"bad-pointer":    badPointer,
	"freed-pointer":  freedPointer,
	"checkptr":       checkptr,
	"copy-fault":     func() { copy(make([]byte, 1<<16), unsafe.Slice((*byte)(unsafe.Pointer(uintptr(0xdead000))), 1<<16)) },
	"pull-locked":    pullLocked,
	"no-descriptors": noDescriptors,
	"random-failure": func() { rand.Reader = broken{}; _, _ = rand.Read(make([]byte, 8)) },
	"map-clone":      mapClone,
	"memory-limit":   memoryLimit,
}

var (
	nothing unsafe.Pointer
	sink    *[64]byte
	kept    []*[64]byte
	blocks  [][]byte
)

func main() {
	if path := os.Getenv("CRASH_OUTPUT"); path != "" {
		// Not by os.Create, which starts the network poller.
		fd, err := syscall.Open(path, syscall.O_CREAT|syscall.O_WRONLY|syscall.O_TRUNC, 0o666)
		if err != nil {
			log.Fatal(err)
		}
		if err := debug.SetCrashOutput(os.NewFile(uintptr(fd), path), debug.CrashOptions{}); err != nil {
			log.Fatal(err)
		}
	}
	cases[os.Args[1]]()
}

//go:linkname procPin runtime.procPin
func procPin() int

// hidden returns the address of memory that nothing refers to any more.
//
//go:noinline
func hidden(large bool) uintptr {
	if large {
		return uintptr(unsafe.Pointer(&make([]byte, 1<<20)[0]))
	}
	var last *[64]byte
	for i := 0; i < 1000; i++ {
		last = new([64]byte)
		if i%2 == 0 {
			kept = append(kept, last)
		}
	}
	return uintptr(unsafe.Pointer(last))
}

// checkptr leaves an object by arithmetic; built with -d=checkptr.
func checkptr() {
	sink = new([64]byte)
	sink = (*[64]byte)(unsafe.Pointer(uintptr(unsafe.Pointer(sink)) + 4096))
}

// badPointer keeps a pointer to a span that was given back.
func badPointer() {
	address := hidden(true)
	runtime.GC()
	debug.FreeOSMemory()
	sink = (*[64]byte)(unsafe.Pointer(address))
	runtime.GC()
	time.Sleep(time.Second)
}

// freedPointer keeps a pointer to an object that was freed in a span in use.
func freedPointer() {
	address := hidden(false)
	runtime.GC()
	runtime.GC()
	sink = (*[64]byte)(unsafe.Pointer(address))
	runtime.GC()
	runtime.GC()
	time.Sleep(time.Second)
}

// pullLocked calls next on a thread that the goroutine was not locked to when
// the coroutine was made.
func pullLocked() {
	next, _ := iter.Pull(func(yield func(int) bool) { yield(1) })
	runtime.LockOSThread()
	next()
}

// noDescriptors opens a connection when the network poller cannot start.
func noDescriptors() {
	next, err := syscall.Dup(2)
	if err != nil {
		log.Fatal(err)
	}
	syscall.Close(next)
	limit := syscall.Rlimit{Cur: uint64(next) + 1, Max: uint64(next) + 1} // enough for the socket
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		log.Fatal(err)
	}
	_, err = net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(err)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

func mapClone() {
	m := make(map[int]int)
	for i := 0; i < 1<<16; i++ {
		m[i] = i
	}
	go func() {
		for i := 0; ; i++ {
			m[i&0xffff]++
		}
	}()
	for start := time.Now(); time.Since(start) < 20*time.Second; {
		maps.Clone(m)
	}
}

// memoryLimit allocates small blocks until the system refuses more.
func memoryLimit() {
	limit := syscall.Rlimit{Cur: 1 << 30, Max: 1 << 30}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		log.Fatal(err)
	}
	for {
		blocks = append(blocks, make([]byte, 16<<10))
	}
}
