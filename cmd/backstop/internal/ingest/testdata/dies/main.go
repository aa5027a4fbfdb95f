// Command dies starts the SDK and ends with a fatal error.
package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/backstop-go/backstop"
)

func main() {
	if err := backstop.Start(backstop.Options{Traceback: os.Args[2]}); err != nil {
		panic(err)
	}
	switch os.Args[1] {
	case "map-writes":
		inParallel(func(m map[int]int) { m[1]++ }, func(m map[int]int) { m[1]++ })
	case "map-read-write":
		inParallel(func(m map[int]int) { m[1] = 2 }, func(m map[int]int) { read = m[1] })
	case "map-iterate-write":
		inParallel(func(m map[int]int) { m[1] = 2 }, func(m map[int]int) {
			for range m {
				runtime.KeepAlive(m)
			}
		})
	case "unlock":
		new(sync.Mutex).Unlock()
	case "rwmutex-unlock":
		new(sync.RWMutex).Unlock()
	case "rwmutex-runlock":
		new(sync.RWMutex).RUnlock()
	case "asleep":
		select {}
	case "goexit":
		runtime.Goexit()
	case "stack-overflow":
		debug.SetMaxStack(1 << 20)
		overflow(1)
	case "go-nil":
		var f func()
		go f()
		time.Sleep(time.Minute)
	case "threads":
		debug.SetMaxThreads(10)
		for range 20 {
			go func() {
				runtime.LockOSThread()
				var t syscall.Timespec
				t.Sec = 60
				_ = syscall.Nanosleep(&t, nil)
			}()
		}
		time.Sleep(time.Minute)
	case "memory":
		limit := syscall.Rlimit{Cur: 1 << 30, Max: 1 << 30}
		if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
			panic(err)
		}
		var all [][]byte
		for {
			all = append(all, make([]byte, 64<<20))
		}
	case "fatal-in-panic":
		defer new(sync.Mutex).Unlock()
		panic("first")
	case "serve":
		serve(os.Args[3])
	case "fault":
		println(*(*byte)(unsafe.Pointer(uintptr(0xdead000))))
	}
}

var read int

func overflow(n int) int { return overflow(n+1) + 1 }

func inParallel(fs ...func(map[int]int)) {
	m := map[int]int{1: 1, 2: 2}
	for _, f := range fs {
		go func() {
			for {
				f(m)
			}
		}()
	}
	time.Sleep(time.Minute)
}

// serve dies while it serves three requests.
func serve(how string) {
	serving := make(chan string, 3)
	server := httptest.NewServer(backstop.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		serving <- r.URL.Path
		if r.URL.Path != "/last" {
			select {}
		}
		switch how {
		case "fatal":
			new(sync.Mutex).Unlock()
		case "stray":
			go panic("stray")
			select {}
		case "kill":
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}), backstop.HandlerOptions{}))
	for _, path := range []string{"/first", "/second", "/last"} {
		go http.Get(server.URL + path) //nolint:errcheck // it never comes back
		<-serving
	}
	select {}
}
