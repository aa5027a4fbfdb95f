package main

import (
	"context"
	"io"
	"net"
	"net/rpc"
	"runtime"
	"time"
)

func init() {
	register("afterfunc", afterFunc)
	register("context-afterfunc", contextAfterFunc)
	register("finalizer", finalizer)
	register("newticker-zero", newTickerZero)
	register("timer-uninit-reset", timerUninitReset)
	register("net-rpc-method", netRPCMethod)
	register("io-pipe-writer-panic", ioPipeWriterPanic)
}

// afterFunc shows that a timer calls its function in a goroutine of its own: no
// guard of whoever set it stands in between.
func afterFunc() {
	time.AfterFunc(time.Millisecond, func() { panic("lease expired") })
	time.Sleep(300 * time.Millisecond)
}

// contextAfterFunc shows the same of context.AfterFunc.
func contextAfterFunc() {
	ctx, cancel := context.WithCancel(context.Background())
	context.AfterFunc(ctx, func() { panic("rollback: no transaction") })
	cancel()
	time.Sleep(300 * time.Millisecond)
}

// finalizer shows a panic in the goroutine of the runtime that runs finalizers. No
// code of the program can guard it but the finalizer itself.
func finalizer() {
	type mapping struct{ pages [64]byte }
	func() {
		m := new(mapping)
		runtime.SetFinalizer(m, func(*mapping) { panic("unmap: no such mapping") })
	}()
	for range [10]int{} {
		runtime.GC()
		time.Sleep(30 * time.Millisecond)
	}
}

// newTickerZero takes an interval from a configuration that does not set it.
func newTickerZero() {
	var config struct{ Poll time.Duration }
	time.NewTicker(config.Poll)
}

// timerUninitReset resets a timer that neither NewTimer nor AfterFunc made.
func timerUninitReset() {
	var idle struct{ timer time.Timer }
	idle.timer.Reset(time.Minute)
}

// netRPCMethod shows that net/rpc, unlike net/http, does not recover: each call
// has a goroutine, and one bad call ends the server.
func netRPCMethod() {
	here, there := net.Pipe()
	server := rpc.NewServer()
	if err := server.Register(new(Stock)); err != nil {
		panic(err)
	}
	go server.ServeConn(there)
	client := rpc.NewClient(here)
	var left int
	client.Call("Stock.Take", "A-17", &left)
}

// Stock is a service of net/rpc.
type Stock struct{ items map[string]int }

// Take removes one item.
func (s *Stock) Take(item string, left *int) error {
	if s.items == nil {
		panic("stock: not loaded")
	}
	*left = s.items[item] - 1
	return nil
}

// ioPipeWriterPanic has a reader that waits for a goroutine that writes. The pipe
// carries bytes and errors from one to the other, but no panic.
func ioPipeWriterPanic() {
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, "id,price\n")
		panic("export: row 1 has no price")
	}()
	io.ReadAll(r)
}
