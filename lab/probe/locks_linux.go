package main

import (
	"debug/elf"
	"fmt"
	"regexp"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

func init() {
	register("locks", locks)
	register("hold-mutex", holdMutex)
	register("hold-rwmutex", holdRWMutex)
	register("hold-pin", holdPin)
	register("m-locks", mLocks)
	register("scheduler-log", schedulerLog)
	register("metric-names", metricNames)
}

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// locks holds locks of package sync, and the runtime's own, while it reschedules
// and collects.
func locks() {
	for _, name := range []string{"hold-mutex", "hold-rwmutex", "hold-pin"} {
		say(name, child(name, "GOMAXPROCS=1"))
	}
}

func holdMutex() {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	reschedule()
}

func holdRWMutex() {
	var mu, read sync.RWMutex
	mu.Lock()
	defer mu.Unlock()
	read.RLock()
	defer read.RUnlock()
	reschedule()
}

func holdPin() {
	procPin()
	reschedule()
}

func reschedule() {
	for i := 0; i < 100; i++ {
		runtime.Gosched()
		runtime.GC()
	}
}

// schedulerLog looks for words in what is printed when the scheduler finds a lock
// held.
func schedulerLog() {
	text, _ := childText("hold-pin", "GOMAXPROCS=1")
	_, log, _ := strings.Cut(text, "fatal error: schedule: holding locks")
	found := "none"
	for _, word := range []string{"locks=", "gomaxprocs=", "runqsize="} {
		if strings.Contains(log, word) {
			found = strings.TrimPrefix(found+" "+word, "none ")
		}
	}
	say("words", found)
	say("scheduler_frames", strings.Contains(log, "runtime.schedule()"))
	say("program_frames", strings.Contains(log, "main.reschedule("))
}

// mLocks reads the field locks of the thread it runs on, out of the runtime's
// list of threads, while it holds different locks.
func mLocks() {
	runtime.LockOSThread()
	count, err := ownLocks()
	if err != nil {
		fail(err)
	}
	var mu sync.Mutex
	var rw sync.RWMutex
	say("nothing_held", *count)
	mu.Lock()
	rw.RLock()
	held := *count
	rw.RUnlock()
	mu.Unlock()
	say("mutexes_held", held)
	procPin()
	pinned := *count
	procUnpin()
	say("pinned", pinned)
}

// ownLocks finds the field by symbol and debug information: no language feature
// leads there.
func ownLocks() (*int32, error) {
	exe := self()
	info, err := exe.DWARF()
	if err != nil {
		return nil, err
	}
	field := structFields(info, "runtime.m")
	head, err := address(exe, "runtime.allm")
	if err != nil {
		return nil, err
	}
	for m := **(**unsafe.Pointer)(unsafe.Pointer(&head)); m != nil; m = *(*unsafe.Pointer)(unsafe.Add(m, field["alllink"])) {
		if *(*uint64)(unsafe.Add(m, field["procid"])) == uint64(syscall.Gettid()) {
			return (*int32)(unsafe.Add(m, field["locks"])), nil
		}
	}
	return nil, fmt.Errorf("the runtime does not list this thread")
}

func address(exe *elf.File, name string) (uintptr, error) {
	symbols, err := exe.Symbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if s.Name == name {
			return uintptr(s.Value), nil
		}
	}
	return 0, fmt.Errorf("the program has no symbol %s", name)
}

// metricNames counts the metrics of the runtime that say something of panics of
// the scheduler, of the locks of threads, or of goroutines.
func metricNames() {
	count := func(pattern string) (n int) {
		re := regexp.MustCompile(pattern)
		for _, d := range metrics.All() {
			if re.MatchString(d.Name) {
				n++
			}
		}
		return n
	}
	say("sched_panic", count(`sched.*panic`))
	say("m_locks", count(`m.locks`))
	say("goroutines", count(`/sched/goroutines`))
}
