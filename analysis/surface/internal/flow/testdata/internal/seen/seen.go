// Package seen notes the calls of a program while it runs.
package seen

import (
	"os"
	"runtime"
	"strings"
	"sync"
)

var (
	mu    sync.Mutex
	calls = map[string]bool{}
)

// Call notes which function of package main called the function that calls Call,
// with what is not of that package in between left out.
func Call() {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var names []string
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "main.") {
			names = append(names, f.Function)
		}
		if len(names) == 2 || !more {
			break
		}
	}
	if len(names) == 2 {
		mu.Lock()
		defer mu.Unlock()
		calls[names[1]+" "+names[0]] = true
	} else {
		mu.Lock()
		defer mu.Unlock()
		calls["- "+names[0]] = true // the first of a goroutine
	}
}

// Done prints the calls: who called whom.
func Done() {
	mu.Lock()
	defer mu.Unlock()
	for c := range calls {
		os.Stdout.WriteString(c + "\n")
	}
}
