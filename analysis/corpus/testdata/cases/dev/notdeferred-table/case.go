// Package jobs keeps the functions that end a job in a table.
package jobs

import (
	"fmt"
	"log"
	"runtime/debug"
)

type job struct {
	name string
	run  func()
	stop func()
}

func endQuietly() {
	if v := recover(); v != nil { // FINE recover-not-deferred #table: stored in a table and deferred by run
		log.Printf("quiet: %v\n%s", v, debug.Stack())
	}
}

func endLoud() {
	if v := recover(); v != nil { // FINE recover-not-deferred: stored and deferred by run
		fmt.Printf("LOUD: %v\n%s", v, debug.Stack())
	}
}

var ends = map[string]func(){
	"quiet": endQuietly,
	"loud":  endLoud,
}

func run(j job) {
	if j.stop == nil {
		j.stop = ends["quiet"]
	}
	defer j.stop()
	j.run()
}

// RunAll runs all jobs.
func RunAll(list []job) {
	for _, j := range list {
		run(j)
	}
}

func (j *job) protect() {
	r := recover() // FAULT recover-not-deferred #step dies: no step
	if r != nil {
		log.Printf("%s: %v\n%s", j.name, r, debug.Stack())
	}
}

func (j *job) step() {
	j.protect()
	if j.run == nil {
		panic("no step")
	}
	j.run()
}

// Step runs one step.
func Step(name string, run func()) {
	j := &job{name: name, run: run}
	j.step()
}

func sweep(names []string) (left int) {
	for range names {
		left++
	}
	if v := recover(); v != nil { // FAULT recover-not-deferred #sweep dies: sweep
		left = -1
	}
	if left == 0 {
		panic("sweep of nothing")
	}
	return left
}

// Sweep counts.
func Sweep(names []string) int { return sweep(names) }
