package main

import (
	"bytes"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

func init() {
	cases["leaked"] = leaked
	cases["binary"] = func() { panic("zero \x00, escape \x1b[31mred\x1b[0m, invalid \xff\xfe, carriage return \r, end") }
	cases["profile-1"] = func() { profile(1) }
	cases["profile-2"] = func() { profile(2) }
}

// leaked shows goroutines of which the runtime found that nothing can wake them.
func leaked() {
	for i := 0; i < 2; i++ {
		go func() { <-make(chan int) }()
	}
	time.Sleep(20 * time.Millisecond)
	if p := pprof.Lookup("goroutineleak"); p != nil {
		_ = p.WriteTo(new(bytes.Buffer), 1)
	}
	buf := make([]byte, 1<<16)
	_, _ = os.Stderr.Write(buf[:runtime.Stack(buf, true)])
}

// profile writes the profile of goroutines in one of its two forms.
func profile(debug int) {
	for i := 0; i < 3; i++ {
		go func() { select {} }()
	}
	time.Sleep(20 * time.Millisecond)
	_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, debug)
}
