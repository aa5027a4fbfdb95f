// Program load measures what panics, deaths and stack overflows cost when there
// are many goroutines, or much stack. Each case prints one object of JSON; the
// times in it are what the process saw itself, and `backstop lab experiment` adds
// what was seen from outside.
//
//	load storm -n 100000 -p 0.05     panics recovered by many goroutines at once
//	load death -n 1000               a panic that nobody recovers
//	load overflow -max 16777216      recursion without end
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"
)

var cases = map[string]func(args []string){
	"storm":    stormCase,
	"death":    deathCase,
	"overflow": overflowCase,
}

func main() {
	if len(os.Args) < 2 || cases[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: load storm|death|overflow [flags]")
		os.Exit(97)
	}
	cases[os.Args[1]](os.Args[2:])
}

func print(v any) {
	if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(98)
	}
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
