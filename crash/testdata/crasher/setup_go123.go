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
	labels := pprof.Labels()
	switch os.Getenv("CRASH_LABELS") {
	case "1":
		labels = pprof.Labels("route", "/cart/[id]x", "user", `a "quoted" name`)
	case "odd":
		labels = pprof.Labels("end", "x]:", "brace", `}, "k": "v"}`, "empty", "", "tab", "a\tb\\", "word", "plain", "two words", "überall", "sep", "a, b: c")
	}
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
}
