package a

import (
	"b"
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"log"
	"os"
	"runtime/pprof"
	"sync"
	"time"
)

func work(string) error { return nil }

// Faults.

func tempDir() {
	dir, err := os.MkdirTemp("", "x")
	if err != nil {
		log.Fatal(err) // nothing is deferred yet
	}
	defer os.RemoveAll(dir)
	if err := work(dir); err != nil {
		log.Fatal(err) // want `log.Fatal ends the process before the deferred call of os.RemoveAll has run`
	}
}

func flush(w *bufio.Writer) {
	defer w.Flush()
	if err := work("x"); err != nil {
		os.Exit(1) // want `os.Exit ends the process before the deferred call of Flush has run`
	}
}

func inLiteral(dir string) {
	defer func() {
		if err := os.Remove(dir); err != nil {
			log.Print(err)
		}
	}()
	os.Exit(len(dir)) // want `before the deferred call of os.Remove`
}

func viaHelper(dir string, err error) {
	defer clean(dir)
	if err != nil {
		b.Fatal(err) // want `b.Fatal ends the process before the deferred call of os.RemoveAll`
	}
	if dir == "" {
		usage() // want `usage ends the process`
	}
}

func clean(dir string) { os.RemoveAll(dir) }

func usage() {
	log.Print("usage")
	os.Exit(2)
}

func profile() {
	pprof.StartCPUProfile(nil)
	defer pprof.StopCPUProfile()
	logger := log.New(os.Stderr, "", 0)
	logger.Fatalf("x") // want `Fatalf ends the process before the deferred call of pprof.StopCPUProfile`
}

func returned() {
	cleanup, err := b.Setup()
	if err != nil {
		log.Fatal(err)
	}
	defer cleanup()
	log.Fatalln("x") // want `before the deferred call of what b.Setup returned`
}

func writers(w io.Writer) {
	z := gzip.NewWriter(w)
	defer z.Close()
	log.Fatal("x") // want `before the deferred call of Close of \*gzip.Writer`
}

func conditional(dir string, keep bool) {
	if !keep {
		defer os.RemoveAll(dir)
	}
	os.Exit(0) // want `os.Exit ends`
}

type store struct{ w *bufio.Writer }

func (s *store) Close() error { return s.w.Flush() }

func (s *store) serve() {
	defer s.Close()
	for {
		if err := work("x"); err != nil {
			log.Fatal(err) // want `before the deferred call of Flush`
		}
	}
}

// No faults.

// It ends the process in the deferred function itself.
func deferred(dir string) {
	code := 0
	defer func() { os.Exit(code) }()
	defer os.RemoveAll(dir)
	code = len(dir)
}

// These end with the process anyway.
func harmless(ctx context.Context, mu *sync.Mutex, wg *sync.WaitGroup, path string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mu.Lock()
	defer mu.Unlock()
	defer wg.Done()
	t := time.NewTicker(time.Second)
	defer t.Stop()
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close() // it is only read
	<-ctx.Done()
	log.Fatal("x")
}

// A guard: what it recovers is not lost.
func guarded() {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}()
	log.Fatal("x")
}

// It is called before.
func before(dir string) {
	cleanup := func() { os.RemoveAll(dir) }
	defer cleanup()
	if err := work(dir); err != nil {
		cleanup()
		log.Fatal(err)
	}
}

// Nothing is deferred here; the caller's deferred calls are the caller's.
func fatal(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// The exit comes first.
func first(dir string) {
	if dir == "" {
		os.Exit(2)
	}
	defer os.RemoveAll(dir)
}

// Another function.
func literal(dir string) {
	defer os.RemoveAll(dir)
	onSignal := func() { os.Exit(1) }
	_ = onSignal
}

// It returns.
func run(dir string) error {
	defer os.RemoveAll(dir)
	return work(dir)
}

// A panic runs them.
func panics(dir string) {
	defer os.RemoveAll(dir)
	log.Panic("x")
}

// A file has no buffer: what was written is written, and the system closes it.
func file(path string) {
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("x"); err != nil {
		log.Fatal(err)
	}
}
