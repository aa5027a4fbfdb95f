package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

var scenarios = map[string]scenario{
	// What must not be reported.
	"http-abort-handler":    {handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	"http-handler-swallows": {handler: swallows},
	"exit-0":                {main: func() {}},
	// What the checker has to find fault with.
	"reported-twice": {main: reportTwice},

	"http-handler":             {handler: addToCart},
	"http-handler-after-write": {loud: afterWrite},
	"http-hijacked":            {loud: hijacked},

	"index-out-of-range":    {goroutine: indexOutOfRange},
	"nil-map-write":         {goroutine: nilMapWrite},
	"send-closed-chan":      {goroutine: sendClosedChan},
	"nil-deref":             {goroutine: nilDeref},
	"type-assert":           {goroutine: typeAssert},
	"div-zero":              {goroutine: divZero},
	"slice-bounds":          {goroutine: sliceBounds},
	"panic-error":           {goroutine: panicError},
	"panic-multiline":       {goroutine: panicMultiline},
	"nested-panic-in-defer": {goroutine: nestedPanic},
	"waitgroup-negative":    {goroutine: waitGroupNegative},
	"afterfunc":             {handler: afterFunc},
	"finalizer":             {handler: finalizer},
	"io-pipe-writer-panic":  {handler: readPipe},

	"panic-in-guarded-goroutine": {guarded: chargeCard},
	"panic-in-main":              {beside: mainPanics},

	"panic-error-method-panics": {goroutine: errorMethodPanics},

	"mutex-unlock":      {handler: mutexUnlock},
	"map-write-write":   {handler: mapWrites},
	"map-iterate-write": {handler: mapIterate},

	"deadlock-mutex": {direct: deadlock},
	"goexit-main":    {main: runtime.Goexit},

	"stack-overflow": {handler: func(http.ResponseWriter, *http.Request) { fmt.Println(overflow(1)) }},
	"oom-ulimit":     {handler: outOfMemory},
	"setmaxthreads":  {handler: func(http.ResponseWriter, *http.Request) { debug.SetMaxThreads(24); moreThreads() }},

	"newosproc-eagain": {handler: func(http.ResponseWriter, *http.Request) { moreThreads() }},

	"unmapped-address":      {handler: func(http.ResponseWriter, *http.Request) { unmappedAddress() }},
	"sigbus-mmap-truncated": {handler: func(http.ResponseWriter, *http.Request) { truncatedMmap() }},

	"sig-abrt": {handler: raise(syscall.SIGABRT)},
	"sig-quit": {handler: raise(syscall.SIGQUIT)},
	"sig-segv": {handler: raise(syscall.SIGSEGV)},

	"sig-kill":           {handler: raise(syscall.SIGKILL)},
	"oom-cgroup":         {handler: hog},
	"sig-term":           {handler: raise(syscall.SIGTERM)},
	"stdout-broken-pipe": {handler: brokenPipe},
	"os-exit-3":          {handler: func(http.ResponseWriter, *http.Request) { os.Exit(3) }},
	"log-fatal":          {handler: func(http.ResponseWriter, *http.Request) { log.Fatal("open config.yaml: no such file") }},
	"hang":               {handler: func(http.ResponseWriter, *http.Request) { select {} }},
}

var (
	zero  int
	items = []string{"apple", "pear", "plum"}
)

func swallows(http.ResponseWriter, *http.Request) {
	defer func() { recover() }()
	nilMapWrite()
}

// reportTwice prints two crashes that somebody recovered, as log lines would.
func reportTwice() {
	for _, f := range []func(){nilMapWrite, indexOutOfRange} {
		func() {
			defer func() {
				log.Printf("http: panic serving 127.0.0.1:1234: %v\n%s", recover(), debug.Stack())
			}()
			f()
		}()
	}
}

//go:noinline
func addToCart(http.ResponseWriter, *http.Request) {
	var cart map[string]int
	cart["apple"]++
}

//go:noinline
func afterWrite(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	panic("cart is nil")
}

//go:noinline
func hijacked(w http.ResponseWriter, _ *http.Request) {
	if _, _, err := http.NewResponseController(w).Hijack(); err != nil {
		log.Fatal(err)
	}
	panic("upgrade failed") // and nobody closes the connection
}

//go:noinline
func indexOutOfRange() { fmt.Println(items[zero+5]) }

//go:noinline
func nilMapWrite() {
	var cart map[string]int
	cart["apple"]++
}

//go:noinline
func sendClosedChan() {
	c := make(chan int, 1)
	close(c)
	c <- 1
}

type customer struct{ id, name string }

//go:noinline
func nilDeref() {
	var c *customer
	fmt.Println(c.name)
}

//go:noinline
func typeAssert() {
	var v interface{} = zero
	fmt.Println(v.(string))
}

//go:noinline
func divZero() { fmt.Println(1 / zero) }

//go:noinline
func sliceBounds() { fmt.Println(items[zero+2 : zero+1]) }

var errOutOfStock = errors.New("out of stock")

//go:noinline
func panicError() { panic(fmt.Errorf("reserve A-17: %w", errOutOfStock)) }

// panicMultiline has a message that looks like another goroutine.
//
//go:noinline
func panicMultiline() {
	panic("bad input\n\ngoroutine 1 [running]:\nmain.innocent()\n\t/app/innocent.go:1 +0x1d")
}

//go:noinline
func nestedPanic() {
	defer func() { panic("rollback failed too") }()
	panic("order is incomplete")
}

//go:noinline
func waitGroupNegative() {
	var wg sync.WaitGroup
	wg.Done()
}

func afterFunc(http.ResponseWriter, *http.Request) {
	time.AfterFunc(time.Millisecond, timeIsUp)
	select {}
}

//go:noinline
func timeIsUp() { panic("session expired") }

func finalizer(http.ResponseWriter, *http.Request) {
	for {
		c := &customer{id: fmt.Sprint(zero)}
		runtime.SetFinalizer(c, finalize)
		c = nil
		runtime.GC()
	}
}

//go:noinline
func finalize(c *customer) { panic("customer " + c.id + " was not closed") }

func readPipe(http.ResponseWriter, *http.Request) {
	r, w := io.Pipe()
	go writePipe(w)
	io.Copy(io.Discard, r)
}

//go:noinline
func writePipe(w *io.PipeWriter) {
	fmt.Fprintln(w, "invoice")
	panic("template is broken")
}

//go:noinline
func chargeCard() { panic("card terminal is gone") }

//go:noinline
func mainPanics() { panic("main lost its database") }

type badError struct{}

func (badError) Error() string { panic("no text") }

//go:noinline
func errorMethodPanics() { panic(badError{}) }

//go:noinline
func mutexUnlock(http.ResponseWriter, *http.Request) {
	var mu sync.Mutex
	mu.Unlock()
}

func mapWrites(http.ResponseWriter, *http.Request) {
	runtime.GOMAXPROCS(4)
	m := map[int]int{}
	for i := 0; i < 3; i++ {
		go writeMap(m)
	}
	writeMap(m)
}

//go:noinline
func writeMap(m map[int]int) {
	for i := 0; ; i++ {
		m[i&1023]++
	}
}

func mapIterate(http.ResponseWriter, *http.Request) {
	runtime.GOMAXPROCS(4)
	m := map[int]int{}
	for i := 0; i < 1024; i++ {
		m[i] = i
	}
	go writeMap(m) // the only one that writes: it does not notice
	iterateMap(m)
}

//go:noinline
func iterateMap(m map[int]int) {
	for {
		for k := range m {
			zero = k
		}
	}
}

//go:noinline
func deadlock(http.ResponseWriter, *http.Request) {
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}

//go:noinline
func overflow(n int) int { return overflow(n+1) + n }

//go:noinline
func outOfMemory(http.ResponseWriter, *http.Request) {
	var keep [][]byte
	for {
		keep = append(keep, make([]byte, 64<<20))
		runtime.KeepAlive(keep)
	}
}

// moreThreads blocks one thread after the other, until there is none to be had.
//
//go:noinline
func moreThreads() {
	for i := 0; i < 500; i++ {
		go occupyThread()
	}
	select {}
}

//go:noinline
func occupyThread() {
	runtime.LockOSThread()
	var p [2]int
	syscall.Pipe(p[:])
	syscall.Read(p[0], make([]byte, 1))
}

//go:noinline
func unmappedAddress() { fmt.Println(*(*byte)(unsafe.Pointer(uintptr(0xdead000)))) }

//go:noinline
func truncatedMmap() {
	f, err := os.CreateTemp("", "mapped")
	if err != nil {
		log.Fatal(err)
	}
	os.Remove(f.Name())
	f.Truncate(8192)
	b, err := syscall.Mmap(int(f.Fd()), 0, 8192, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		log.Fatal(err)
	}
	f.Truncate(0)
	fmt.Println(b[5000])
}

// raise returns a handler that sends its own process a signal, as kill(1) would.
func raise(sig syscall.Signal) func(http.ResponseWriter, *http.Request) {
	return func(http.ResponseWriter, *http.Request) {
		syscall.Kill(syscall.Getpid(), sig)
		select {}
	}
}

// hog touches memory until the kernel ends it.
func hog(http.ResponseWriter, *http.Request) {
	var keep [][]byte
	for len(keep) < 512 { // where there is no limit, it must not hurt the host
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		keep = append(keep, b)
	}
	log.Fatal("nobody stopped me ", len(keep))
}

// brokenPipe writes to a standard output that nobody reads any more.
func brokenPipe(http.ResponseWriter, *http.Request) {
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := syscall.Dup3(int(w.Fd()), 1, 0); err != nil {
		log.Fatal(err)
	}
	r.Close()
	_, err = os.Stdout.WriteString("order 17 is on its way\n")
	log.Fatal("still alive: ", err)
}
