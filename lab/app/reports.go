package main

import (
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

func init() {
	for _, name := range []string{"gotraceback-none", "gotraceback-system", "gotraceback-crash"} {
		register(name, gotraceback)
	}
	register("settraceback-crash", setTracebackCrash)
	register("log-line-interleaved", logLineInterleaved)
	register("stderr-closed", stderrClosed)
	register("stderr-closed-fd2", noPrices)
	register("stderr-not-read", stderrNotRead)
	register("stderr-redirected", stderrRedirected)
	register("trimmed-by-head", trimmedByHead)
}

func noPrices() { panic("no prices") }

// gotraceback panics beside a goroutine that waits. Which goroutines and frames
// are printed, and how the process ends, is decided by GOTRACEBACK.
func gotraceback() {
	go time.Sleep(time.Minute)
	time.Sleep(10 * time.Millisecond) // it sleeps by now
	noPrices()
}

// setTracebackCrash shows that the program itself can ask for a core dump, or at
// least for death by signal.
func setTracebackCrash() {
	debug.SetTraceback("crash")
	var stock sync.Mutex
	stock.Unlock()
}

// logLineInterleaved panics while another goroutine logs. The runtime freezes the
// others before it prints, but cannot stop a thread within a system call: now and
// then a line of the log still falls into the traceback.
func logLineInterleaved() {
	go func() {
		for id := 1; ; id++ {
			log.Printf("request %d done", id)
		}
	}()
	time.Sleep(5 * time.Millisecond) // it logs by now
	noPrices()
}

// stderrClosed closes its standard error, as daemons do, and panics. The runtime
// writes to descriptor 2 whatever it is.
func stderrClosed() {
	os.Stderr.Close()
	noPrices()
}

// stderrNotRead panics with a thousand goroutines while nobody reads its standard
// error. A pipe holds 64 KiB; then the write waits, and with it the death of the
// process.
func stderrNotRead() {
	for i := 0; i < 1000; i++ {
		go time.Sleep(time.Minute)
	}
	time.Sleep(10 * time.Millisecond)
	noPrices()
}

// stderrRedirected points descriptor 2 elsewhere, as a rotation of logs does, and
// there is nowhere.
func stderrRedirected() {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	if err := syscall.Dup3(int(null.Fd()), 2, 0); err != nil {
		panic(err)
	}
	noPrices()
}

// trimmedByHead writes a mebibyte to standard error and then panics. Who keeps the
// beginning of a log that is too long keeps the noise.
func trimmedByHead() {
	const line = "cache: miss, cache: miss, cache: miss, cache: miss, cache: miss"
	for i := 0; i < 1<<20/(len(line)+1); i++ {
		fmt.Fprintln(os.Stderr, line)
	}
	noPrices()
}
