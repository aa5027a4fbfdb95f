package main

import (
	"flag"
	"runtime"
	"runtime/debug"
	"time"
)

type overflowResult struct {
	Go  string        `json:"go"`
	Max int           `json:"max"`    // bytes; 0: the runtime's own limit
	At  int64         `json:"at_us"`  // microseconds since 1970
	CPU time.Duration `json:"cpu_ns"` // of the process so far
}

// overflowCase calls itself until the stack is as large as it may be, which is a
// fatal error: no recover stops it.
func overflowCase(args []string) {
	f := flag.NewFlagSet("overflow", flag.ExitOnError)
	limit := f.Int("max", 0, "debug.SetMaxStack `bytes`; 0 leaves the default of 1 GB")
	_ = f.Parse(args)
	if *limit > 0 {
		debug.SetMaxStack(*limit)
	}
	print(overflowResult{runtime.Version(), *limit, time.Now().UnixMicro(), cpu()})
	defer func() { _ = recover() }()
	_ = depth(1)
}

// depth counts the ancestors of a node in a tree that has, by mistake, no root.
//
//go:noinline
func depth(node int) int { return depth(node+1) + 1 }
