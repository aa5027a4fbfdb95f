package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
)

func init() {
	register("panic-on-fault", panicOnFault)
	register("fault-in-main", faultInMain)
	register("fault-elsewhere", faultElsewhere)
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "fault-") {
		debug.SetPanicOnFault(true)
	}
}

// panicOnFault asks whom a debug.SetPanicOnFault in an init function protects,
// and what is recovered then.
func panicOnFault() {
	say("main_goroutine", child("fault-in-main"))
	say("other_goroutine", child("fault-elsewhere"))
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	v := fault()
	_, isText := v.(string)
	_, isError := v.(runtime.Error)
	_, hasAddr := v.(interface{ Addr() uintptr })
	say("value", fmt.Sprint(v))
	say("value_is_string", isText)
	say("value_is_runtime_error", isError)
	say("value_has_address", hasAddr)
}

func faultInMain() { fault() }

func faultElsewhere() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fault()
	}()
	<-done
}

// fault reads a page that nobody may read, under a guard.
func fault() (caught any) {
	defer func() { caught = recover() }()
	page, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	return page[0]
}
