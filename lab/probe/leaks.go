package main

import (
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
)

func init() {
	register("leaked-sender", leakedSender)
	register("leaked-goroutines", leakedGoroutines)
	register("leaked-timers", leakedTimers)
	register("open-channel", openChannel)
	register("goroutine-profile", goroutineProfile)
	register("goexit-deferred", goexit)
}

// leakedSender leaks a goroutine that waits in a send, under a guard of its own,
// and then closes the channel.
func leakedSender() {
	answers, got := make(chan int), make(chan any)
	go func() {
		defer func() { got <- recover() }()
		answers <- 17
	}()
	say("state", awaitState("leakedSender.func", "chan send"))
	close(answers)
	say("own_guard_recovers", <-got)
}

// leakedGoroutines leaks ten thousand goroutines that wait for a channel, and then
// a few that wait in a system call, and asks what is left for a new one.
func leakedGoroutines() {
	threads, goroutines := countThreads(), runtime.NumGoroutine()
	never := make(chan int)
	for i := 0; i < 10000; i++ {
		go func() { <-never }()
	}
	for i := 0; i < 10; i++ { // so that all of them came to wait
		time.Sleep(20 * time.Millisecond)
		runtime.Gosched()
	}
	say("goroutines_added", runtime.NumGoroutine()-goroutines)
	say("threads_for_10000_at_a_channel", several(countThreads()-threads))

	threads = countThreads()
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		fail(err)
	}
	for i := 0; i < 50; i++ {
		go func() { _, _ = syscall.Read(pipe[0], make([]byte, 1)) }()
	}
	time.Sleep(500 * time.Millisecond)
	say("threads_for_50_in_a_system_call", several(countThreads()-threads))
	say("all_processors_work", allWork())
	_ = syscall.Close(pipe[1])
}

// allWork reports whether as many goroutines as there are Ps run at once: each
// spins until all of them do.
func allWork() bool {
	n := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	arrived := make(chan bool, n)
	for i := 0; i < n; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			arrived <- true
			for len(arrived) < n {
			}
		}()
	}
	done := make(chan bool)
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-time.After(10 * time.Second):
		return false
	}
}

func countThreads() int {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		fail(err)
	}
	return len(tasks)
}

func several(n int) string {
	if n < 20 {
		return "few"
	}
	return "many"
}

// leakedTimers makes timers of an hour whose channels nobody keeps, and asks
// whether the collector takes them.
func leakedTimers() {
	const n = 20000
	goroutines, before := runtime.NumGoroutine(), live()
	for i := 0; i < n; i++ {
		time.After(time.Hour)
	}
	say("goroutines_added", runtime.NumGoroutine()-goroutines)
	say("of_an_hour", howMany(live()-before, n))

	before = live()
	for i := 0; i < n; i++ {
		time.After(time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	say("after_they_fired", howMany(live()-before, n))
}

// live is the number of objects that survive a collection.
func live() int {
	var m runtime.MemStats
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapObjects)
}

func howMany(objects, timers int) string {
	switch {
	case objects >= timers:
		return "kept"
	case objects < timers/10:
		return "freed"
	}
	return "partly kept"
}

// openChannel ranges over a channel that nobody closes.
func openChannel() {
	orders, received, ended := make(chan int), 0, make(chan bool)
	go func() {
		for range orders {
			received++
		}
		close(ended)
	}()
	for i := 0; i < 3; i++ {
		orders <- i
	}
	say("state", awaitState("openChannel.func", "chan receive"))
	runtime.GC()
	select {
	case <-ended:
		say("loop_ends", true)
	case <-time.After(500 * time.Millisecond):
		say("loop_ends", false)
	}
	say("received", received)
}

// goroutineProfile leaks goroutines and looks for them where operators do.
func goroutineProfile() {
	const leaks = 25
	before := runtime.NumGoroutine()
	never := make(chan int)
	var started sync.WaitGroup
	for i := 0; i < leaks; i++ {
		started.Add(1)
		go leakHere(never, &started)
	}
	started.Wait()
	awaitState("leakHere", "chan receive")
	say("number_grows_by", runtime.NumGoroutine()-before)

	response := httptest.NewRecorder()
	pprof.Index(response, httptest.NewRequest("GET", "/debug/pprof/goroutine?debug=2", nil))
	stacks := regexp.MustCompile(`(?m)^goroutine [0-9]+ .*\[chan receive.*\]:\nmain\.leakHere\(`)
	say("status", response.Code)
	say("stacks", len(stacks.FindAllString(response.Body.String(), -1)))
}

//go:noinline
func leakHere(never chan int, started *sync.WaitGroup) {
	started.Done()
	<-never
}

// goexit ends a goroutine by runtime.Goexit and goes on in its deferred calls.
func goexit() {
	statement, recovered := "is not run", "no deferred call ran"
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() {
			recovered = "nil"
			if value := recover(); value != nil {
				recovered = "a panic"
			}
			debug.FreeOSMemory() // work of some length
		}()
		runtime.Goexit()
		statement = "is run"
	}()
	<-done
	say("next_statement", statement)
	say("deferred_call_recovers", recovered)
	say("program", "goes on")
}

// awaitState waits, at most some seconds, until goroutines whose stacks have a
// function all wait for something, and returns for what.
func awaitState(function, want string) (state string) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		state = stateOf(function)
		if state == want || time.Now().After(end) {
			return state
		}
	}
}

var header = regexp.MustCompile(`^goroutine [0-9]+ .*\[([^\],]*)`)

// stateOf returns the states of the goroutines whose stacks have a function.
func stateOf(function string) string {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	var states []string
	seen := make(map[string]bool)
	for _, stack := range strings.Split(string(text), "\n\n") {
		m := header.FindStringSubmatch(stack)
		body, _, _ := strings.Cut(stack, "\ncreated by ")
		if m != nil && strings.Contains(body, "main."+function) && !seen[m[1]] {
			seen[m[1]] = true
			states = append(states, m[1])
		}
	}
	return strings.Join(states, ", ")
}
