// Command crasher ends in the way its first argument names. The supervisor's
// tests build it once and run it many times.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// early panics before main when told to.
var early = func() int {
	if os.Getenv("CRASHER_INIT") != "" {
		var cart map[string]int
		cart["apple"]++
	}
	return 0
}()

func main() {
	way, arg := os.Args[1], ""
	if len(os.Args) > 2 {
		arg = os.Args[2]
	}
	number, _ := strconv.Atoi(arg) // 0 where it is not a number
	f, ok := map[string]func(){
		"panic":          func() { panic("boom") },
		"nil-map":        func() { var cart map[string]int; cart["apple"] = 1 },
		"goroutine":      func() { go worker(); select {} },
		"deadlock":       func() { <-make(chan int) },
		"map-writes":     mapWrites,
		"stack-overflow": func() { debug.SetMaxStack(1 << 16); overflow(0) },
		"oom":            allocate,
		"hog":            hog,
		"log-fatal":      func() { log.SetFlags(0); log.Print("starting"); log.Fatal("open config.yaml: no such file") },
		"exit":           func() { os.Exit(number) },
		"panic-with":     func() { panic(arg) },
		"fatal-with":     func() { log.Fatal(arg) },
		"flag": func() {
			flag.CommandLine.Init("crasher", flag.ExitOnError)
			_ = flag.CommandLine.Parse([]string{"-nope"})
		},
		"sleep":   func() { fmt.Println("ready"); time.Sleep(time.Hour) },
		"sigpipe": sigpipe,

		"http":            func() { serve(func() { panic("cart is nil") }) },
		"http-abort":      func() { serve(func() { panic(http.ErrAbortHandler) }) },
		"http-then-panic": func() { serve(func() { panic("first") }); panic("second") },
		"two":             two,
		"huge":            func() { panic(strings.Repeat("x", 1<<20)) },
		"huge-lines":      func() { panic(strings.Repeat("a line of the message\n", 1<<16)) },
		"hostile":         func() { panic("\x1b]0;owned\x07\x1b[31mred\x00nul\u202e\xff") },
		"close-stderr":    func() { os.Stderr.Close(); panic("nobody hears this") },
		"grandchild":      func() { grandchild("sleep"); panic("parent died") },
		"noisy":           func() { grandchild("chatter"); panic("parent died") },
		// Not before the parent is dead: it could come between the pieces of
		// the headline, each of which is a write of its own.
		"chatter": func() {
			awaitOrphaned(number)
			forever(func() { fmt.Fprintln(os.Stderr, "still here"); time.Sleep(time.Millisecond) })
		},
		"caught":          caught,
		"recovered":       func() { recovered(); fmt.Fprintln(os.Stderr, "went on") },
		"stack-in-log":    func() { log.Printf("where am I:\n%s", debug.Stack()) },
		"headline-in-log": func() { fmt.Fprintln(os.Stderr, "panic: said a customer"); fmt.Fprintln(os.Stderr, "all is well") },
		"glued":           func() { fmt.Fprint(os.Stderr, "progress 50%"); panic("boom") },
		"flood":           func() { flood(number) },
		"echo":            func() { _, _ = io.Copy(os.Stderr, os.Stdin) },
		"env":             func() { fmt.Println(os.Getenv(arg)) },
		"tty":             func() { fi, _ := os.Stdout.Stat(); fmt.Println(fi.Mode()&os.ModeCharDevice != 0) },
		"interactive":     interactive,
		"graceful":        func() { onTerm(func() { os.Exit(0) }) },
		"stop-fails":      func() { onTerm(func() { log.Fatal("could not stop") }) },
		"stop-panics":     func() { onTerm(func() { panic("while stopping") }) },
		"stubborn":        func() { signal.Ignore(syscall.SIGTERM); fmt.Println("ready"); time.Sleep(time.Hour) },
		"count-usr1":      countUSR1,
		"race-like":       func() { fmt.Fprint(os.Stderr, raceText); os.Exit(66) },
		"exec":            func() { _ = syscall.Exec(os.Args[2], os.Args[2:], os.Environ()) },
		"requests":        func() { requests(arg) },
		"named-once":      namedOnce,
	}[way]
	if more[way] != nil {
		f, ok = func() { more[way](arg) }, true
	}
	if !ok {
		fmt.Fprintln(os.Stderr, "crasher: no such way to end:", way, early)
		os.Exit(100)
	}
	f()
}

// more ways need one system.
var more map[string]func(arg string)

// sigpipe writes to a stdout that nobody reads any more.
func sigpipe() {
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Close()
	fd, err := syscall.Dup(int(w.Fd())) // the lowest that is free: 1
	if err != nil || fd != 1 {
		log.Fatal("dup: ", fd, err)
	}
	r.Close()
	_, err = os.NewFile(1, "stdout").WriteString("hello")
	log.Fatal("still alive: ", err)
}

func worker() { var items []int; _ = items[len(os.Args)] }

func mapWrites() {
	runtime.GOMAXPROCS(4)
	m := map[int]int{}
	for range 8 {
		go forever(func() { m[1]++ })
	}
	select {}
}

func forever(f func()) {
	for {
		f()
	}
}

// awaitOrphaned returns when the process that started us has ended.
func awaitOrphaned(parent int) {
	for os.Getppid() == parent {
		time.Sleep(time.Millisecond)
	}
}

func overflow(n int) int { return overflow(n+1) + n }

// allocate runs into RLIMIT_AS. It waits for a line on stdin, so that the limit
// is there.
func allocate() {
	_, _ = os.Stdin.Read(make([]byte, 1))
	var keep [][]byte
	forever(func() { keep = append(keep, make([]byte, 64<<20)) })
	runtime.KeepAlive(keep)
}

// hog touches memory until somebody stops it, or until it has far more than any
// limit it is tested with: where there is none, it must not hurt the host.
func hog() {
	var keep [][]byte
	forever(func() {
		if len(keep) > 256 {
			log.Fatal("nobody stopped me")
		}
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		keep = append(keep, b)
	})
}

func serve(f func()) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { f() }))
	resp, err := http.Get(srv.URL)
	if err == nil {
		resp.Body.Close()
	}
	srv.Close()
}

func two() {
	runtime.GOMAXPROCS(4)
	var at sync.WaitGroup
	at.Add(2)
	for _, name := range []string{"left", "right"} {
		go func() {
			at.Done()
			at.Wait()
			panic(name)
		}()
	}
	select {}
}

func grandchild(way string) {
	cmd := exec.Command(os.Args[0], way, strconv.Itoa(os.Getpid()))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(cmd.Process.Pid)
}

// caught logs its own panic as many programs do, and gives up.
func caught() {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "panic: %v\n%s", v, debug.Stack())
			os.Exit(1)
		}
	}()
	panic("boom")
}

// recovered logs its own panic and goes on.
func recovered() {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("recovered: %v\n%s", v, debug.Stack())
		}
	}()
	panic("boom")
}

func flood(bytes int) {
	line := strings.Repeat("0123456789abcde\n", 256)
	for n := 0; n < bytes; n += len(line) {
		fmt.Fprint(os.Stderr, line)
	}
	panic("after the flood")
}

// interactive tells of each INT and each line of input, until their end.
func interactive() {
	c := make(chan os.Signal, 16)
	signal.Notify(c, syscall.SIGINT)
	go func() {
		for range c {
			fmt.Println("got INT")
		}
	}()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println("line", in.Text())
	}
	os.Exit(5)
}

func onTerm(f func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	fmt.Println("ready")
	<-c
	f()
}

// countUSR1 ends with the number of signals it got before TERM as its status.
func countUSR1() {
	c := make(chan os.Signal, 16)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGTERM)
	fmt.Println("ready")
	n := 0
	for s := range c {
		if s == syscall.SIGTERM {
			os.Exit(40 + n)
		}
		n++
		fmt.Println("usr1")
	}
}

const raceText = `==================
WARNING: DATA RACE
Write at 0x00c000014118 by goroutine 8:
  main.write()
      /app/main.go:9 +0x44

Previous read at 0x00c000014118 by goroutine 7:
  main.read()
      /app/main.go:14 +0x3a

Goroutine 8 (running) created at:
  main.main()
      /app/main.go:20 +0x8c

Goroutine 7 (running) created at:
  main.main()
      /app/main.go:19 +0x7e
==================
Found 1 data race(s)
`
