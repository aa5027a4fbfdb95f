//go:build go1.23

package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/pprof"
)

// setup sends the crash output to a file, and labels the goroutine, when told.
func setup() {
	if path := os.Getenv("CRASH_OUTPUT"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			panic(err)
		}
		if err := debug.SetCrashOutput(f, debug.CrashOptions{}); err != nil {
			panic(err)
		}
	}
	if os.Getenv("CRASH_LABELS") != "" {
		ctx := pprof.WithLabels(context.Background(), pprof.Labels("route", "/cart/[id]x", "user", `a "quoted" name`))
		pprof.SetGoroutineLabels(ctx)
	}
}
