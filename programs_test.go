package backstop_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) { crashtest.Main(m, programs) }

// mustStart starts the SDK in a crashing program.
func mustStart(o backstop.Options) {
	err := backstop.Start(o)
	var d *backstop.DegradedError
	if os.Getpid() == 1 && errors.As(err, &d) && len(d.Problems) == 1 && strings.Contains(d.Error(), "process 1") {
		return // as it should say there
	}
	if err != nil || os.Getpid() == 1 {
		fmt.Fprintln(os.Stderr, "start:", err)
		os.Exit(99)
	}
}

// programs are what the test binary does when it starts itself again. They
// report to BACKSTOP_COLLECTOR.
var programs = map[string]crashtest.Program{
	"die-of": dieOf,
	"panic": func([]string) {
		mustStart(backstop.Options{})
		go explode(3)
		select {}
	},
	"guarded": func([]string) {
		mustStart(backstop.Options{})
		defer backstop.Guard(context.Background())
		explode(3)
	},
	"recovered": func([]string) {
		mustStart(backstop.Options{})
		func() {
			defer backstop.Recover()
			explode(3)
		}()
		stopFully()
	},
	"recovered-at-the-end": func([]string) {
		mustStart(backstop.Options{})
		defer backstop.Recover()
		explode(3)
	},
	"nil-map": func([]string) {
		mustStart(backstop.Options{})
		writeNilMap(nil)
	},
	"nil-map-guarded":     guardedBy(func() { writeNilMap(nil) }),
	"nil-deref-guarded":   guardedBy(func() { dereference(nil) }),
	"custom-guarded":      guardedBy(func() { raise(errors.New("first line\nsecond line")) }),
	"typed-guarded":       guardedBy(func() { raise(name("two\nlines")) }),
	"closed-chan-guarded": guardedBy(sendClosed),
	"divide-guarded":      guardedBy(func() { divide(0) }),
	"deep-guarded":        guardedBy(func() { deep(300) }),
	"concurrent-map": func([]string) {
		mustStart(backstop.Options{})
		concurrentMap()
	},
	"stack-overflow": func([]string) {
		mustStart(backstop.Options{})
		overflow(0)
	},
	"stack-overflow-unwatched": func([]string) { overflow(0) },
	"unlock": func([]string) {
		mustStart(backstop.Options{})
		unlock()
	},
	"serve-stray": func([]string) { serve(stray) },
	"serve-fatal": func([]string) { serve(fatal) },
	"serve-guard": func([]string) { serve(guardedStray) },
	"serve-panic": func([]string) { serve(func(*http.Request) { explode(7) }) },
	"crowd": func(args []string) {
		mustStart(backstop.Options{DisableMonitor: true})
		n, err := strconv.Atoi(args[0])
		check(err)
		for range n {
			backstop.Go(context.Background(), func(context.Context) { select {} })
		}
		for n > 10000 && backstop.TracebackLevel() == "all" {
			backstop.Go(context.Background(), func(context.Context) {})
		}
		explode(3)
	},
	"secretive": func([]string) {
		mustStart(backstop.Options{})
		func() {
			defer backstop.Recover()
			raise("login failed: password=hunter2-first")
		}()
		raise("login failed: password=hunter2-last")
	},
	"own-rules": func([]string) {
		mustStart(backstop.Options{Redact: func(s string) string { return strings.ReplaceAll(s, "Ada", "[name]") }})
		defer backstop.Guard()
		raise("no account for Ada")
	},
	"clean-exit": func([]string) {
		mustStart(backstop.Options{})
		fmt.Println("done")
	},
	"points": func([]string) {
		backstop.Point("start.up")
		backstop.Point("start.up")
	},
	"obey": func(args []string) { obey(args) },
}

//go:noinline
func explode(i int) {
	list := []int{1, 2, 3}
	_ = list[i]
}

//go:noinline
func writeNilMap(m map[string]int) { m["a"] = 1 }

type name string

//go:noinline
func raise(v any) { panic(v) }

//go:noinline
func dereference(p *struct{ a [4]int }) int { return p.a[2] }

//go:noinline
func divide(n int) int { return 7 / n }

//go:noinline
func sendClosed() {
	c := make(chan int)
	close(c)
	c <- 1
}

//go:noinline
func unlock() {
	var mu sync.Mutex
	mu.Unlock()
}

// guardedBy dies of f, with a guard.
func guardedBy(f func()) crashtest.Program {
	return func([]string) {
		mustStart(backstop.Options{})
		defer backstop.Guard()
		f()
	}
}

//go:noinline
func overflow(n int) int { return overflow(n+1) + 1 }

func concurrentMap() {
	m := map[int]int{}
	for range 4 {
		go func() {
			for i := 0; ; i++ {
				m[i%100] = i
			}
		}()
	}
	time.Sleep(time.Minute)
}

func stopFully() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := backstop.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(98)
	}
}

// stray panics in a goroutine that the handler starts with a bare go statement.
func stray(*http.Request) {
	go explode(3)
	time.Sleep(time.Minute)
}

func fatal(*http.Request) {
	var mu sync.RWMutex
	mu.Unlock()
}

// guardedStray dies in a goroutine that has a guard with the request.
func guardedStray(r *http.Request) {
	go func() {
		defer backstop.Guard(r.Context())
		explode(3)
	}()
	time.Sleep(time.Minute)
}

const (
	testTrace  = "0af7651916cd43dd8448eb211c80319c"
	testParent = "00-" + testTrace + "-b7ad6b7169203331-01"
)

// serve starts a server, sends it one request, and dies of it, or ends with
// status 0 when it survives.
func serve(h func(*http.Request)) {
	mustStart(backstop.Options{Labels: true})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(_ http.ResponseWriter, r *http.Request) { h(r) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, backstop.Handler(mux, backstop.HandlerOptions{})) //nolint:errcheck // ends with the process
	req, err := http.NewRequest(http.MethodGet, "http://"+l.Addr().String()+"/items/a[7]?secret=1", nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Traceparent", testParent)
	req.Header.Set("X-Request-Id", "req-1")
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	stopFully()
}

// obey starts the SDK and then does what it reads from standard input, one word
// a line, answering each line when it is done.
func obey(args []string) {
	for _, a := range args {
		// What stands before Start happens in the monitor as well.
		if _, again := os.LookupEnv("BACKSTOP_MONITOR"); again {
			break
		}
		switch a {
		case "cwd-gone":
			dir, err := os.Getwd()
			check(err)
			check(os.RemoveAll(dir))
		case "exe-gone":
			exe, err := os.Executable()
			check(err)
			check(os.Remove(exe))
		}
	}
	mustStart(backstop.Options{})
	fmt.Println("up")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch in.Text() {
		case "recover":
			func() {
				defer backstop.Recover()
				explode(3)
			}()
		case "panic":
			explode(5)
		case "many":
			for range 20000 {
				go func() { select {} }()
			}
			explode(6)
		case "hostile":
			panic("x\n\ngoroutine 1 [running]:\nmain.fake()\n\t/fake.go:1 +0x1\x00\x1b[31m\xff")
		case "print-env":
			fmt.Print(strings.Join(os.Environ(), " "), " ")
		}
		fmt.Println("done")
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(97)
	}
}
