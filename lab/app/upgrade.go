package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	register("upgrade-concurrent-panics", concurrentPanics)
	register("upgrade-service-version", serviceVersion)
	register("upgrade-trace-id", traceID)
}

// must ends the process when something an upgrade must keep is lost.
func must(ok bool, what string) {
	if !ok {
		fmt.Println("lost:", what)
		os.Exit(1)
	}
}

// concurrentPanics lets 1,000 goroutines panic at one moment.
func concurrentPanics() {
	const n = 1000
	before := runtime.NumGoroutine()
	var recovered atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := 0; i < n; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			defer func() {
				if v := recover(); v == i {
					recovered.Add(1)
				}
			}()
			<-start
			panic(i)
		}(i)
	}
	close(start)
	all.Wait()
	must(recovered.Load() == n, "panics")
	for try := 0; runtime.NumGoroutine() > before && try < 100; try++ {
		time.Sleep(time.Millisecond) // Done comes before a goroutine's end
	}
	must(runtime.NumGoroutine() <= before, "goroutines")
}

// version is set when a release is built: -ldflags=-X=main.version=shop-1.4.0.
var version string

// serviceVersion reads its version and the build information where a guard would.
func serviceVersion() {
	defer func() {
		must(recover() != nil, "panic")
		must(version == "shop-1.4.0", "version of the service")
		info, ok := debug.ReadBuildInfo()
		must(ok, "build information")
		must(info.Main.Path == "github.com/backstop-go/backstop/lab", "module")
		must(info.GoVersion == runtime.Version(), "release of Go")
	}()
	panic("report me with my release")
}

type traceKey struct{}

// tracedError is what a child hands to its parent.
type tracedError struct {
	trace string
	cause error
}

func (e *tracedError) Error() string { return "trace " + e.trace + ": " + e.cause.Error() }
func (e *tracedError) Unwrap() error { return e.cause }

var errCard = errors.New("card terminal is gone")

// traceID follows a request into a goroutine that panics, and back.
func traceID() {
	ctx := context.WithValue(context.Background(), traceKey{}, "4bf92f3577b34da6")
	ctx, cancel := context.WithCancel(ctx)
	result := make(chan error, 1)
	go func() {
		defer func() {
			cause, _ := recover().(error)
			result <- &tracedError{ctx.Value(traceKey{}).(string), cause}
		}()
		cancel() // a cancelled context still has its values
		panic(fmt.Errorf("charge: %w", errCard))
	}()
	err := <-result
	var traced *tracedError
	must(errors.As(err, &traced) && traced.trace == "4bf92f3577b34da6", "trace id")
	must(errors.Is(err, errCard), "cause")
}
