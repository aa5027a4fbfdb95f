// Package report sends what went wrong in a handler to a tracker.
package report

import (
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"sync"
)

type tracker struct {
	mu   sync.Mutex
	sent []string
}

func (t *tracker) capture(v any) {
	if v == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = append(t.sent, fmt.Sprintf("%v\n%s", v, debug.Stack()))
}

// Run runs one job.
func (t *tracker) Run(job func()) {
	defer t.capture(recover()) // FAULT recover-eager-arg #run dies: job
	job()
}

// RunNamed runs one job and logs its name.
func RunNamed(name string, job func()) {
	defer func(v any) {
		if v != nil {
			log.Printf("%s: %v\n%s", name, v, debug.Stack())
		}
	}(recover()) // FAULT recover-eager-arg #named dies: job
	job()
}

// Quiet prints.
func Quiet(job func()) {
	defer log.Println("job ended", recover()) // FAULT recover-eager-arg #quiet dies: job
	job()
}

// Spawn runs a job on its own.
func (t *tracker) Spawn(job func()) {
	go func() {
		v := recover()     // FAULT recover-not-deferred #spawn dies: job
		defer t.capture(v) // ALSO recover-eager-arg: the value was taken too early
		job()
	}()
	select {}
}

// Late hands the value over after all other cleanup, which works because the
// argument is evaluated in a deferred function.
func (t *tracker) Late(job func()) {
	defer func() {
		defer t.capture(recover()) // FINE recover-eager-arg #late: evaluated while the deferred function runs
		fmt.Fprintln(os.Stderr, "job ended")
	}()
	job()
}

// Safe is the plain form.
func (t *tracker) Safe(job func()) {
	defer func() {
		t.capture(recover()) // FINE recover-eager-arg #safe: not the argument of a defer
	}()
	job()
}

// Note defers a function with an argument that is not the value of a panic.
func (t *tracker) Note(name string, job func()) {
	defer t.finish(name) // FINE recover-eager-arg #note: an ordinary argument
	job()
}

func (t *tracker) finish(name string) {
	if v := recover(); v != nil {
		t.capture(fmt.Sprint(name, v))
	}
}
