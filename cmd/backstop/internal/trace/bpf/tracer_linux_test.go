package bpf_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// A watch is a tracer and what it has read.
type watch struct {
	*bpf.Tracer
	tb testing.TB

	reading sync.WaitGroup
	discard bool // do not keep records

	mu  sync.Mutex
	all []bpf.Record
}

// load starts a tracer that ends with the test, and reads its records.
func load(tb testing.TB, o bpf.Options) *watch {
	tb.Helper()
	w := loadOnly(tb, o)
	w.read()
	return w
}

// loadOnly starts a tracer whose records nobody reads yet.
func loadOnly(tb testing.TB, o bpf.Options) *watch {
	tb.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(tb, "loading programs into the kernel needs root")
	}
	t, err := bpf.Load(o)
	var rejected *ebpf.VerifierError // says "permission denied" of programs that are wrong
	if errors.Is(err, os.ErrPermission) && !errors.As(err, &rejected) {
		crashtest.Skip(tb, "%v", err)
	}
	if err != nil {
		tb.Fatalf("%+v", err)
	}
	w := &watch{Tracer: t, tb: tb}
	tb.Cleanup(func() {
		if err := t.Close(); err != nil {
			tb.Error(err)
		}
		w.reading.Wait()
	})
	return w
}

// read reads records until the tracer is closed.
func (w *watch) read() {
	w.reading.Add(1)
	go func() {
		defer w.reading.Done()
		for {
			r, err := w.Read(context.Background())
			if errors.Is(err, os.ErrClosed) {
				return
			}
			if err != nil {
				w.tb.Error(err)
				return
			}
			if w.discard {
				continue
			}
			w.mu.Lock()
			w.all = append(w.all, r)
			w.mu.Unlock()
		}
	}()
}

// records returns what was read so far.
func (w *watch) records() []bpf.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]bpf.Record(nil), w.all...)
}

// await waits for a number of records that satisfy ok, and returns all of those.
func (w *watch) await(n int, ok func(bpf.Record) bool) []bpf.Record {
	w.tb.Helper()
	var found []bpf.Record
	crashtest.Eventually(w.tb, "the records have arrived", func() bool {
		found = found[:0]
		for _, r := range w.records() {
			if ok(r) {
				found = append(found, r)
			}
		}
		return len(found) >= n
	})
	return found
}

// target finds the sites of an executable.
func target(tb testing.TB, exe string) bpf.Target {
	tb.Helper()
	f, err := gobin.Open(exe)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was read only
	l, err := layout.For(f.GoVersion())
	if err != nil {
		tb.Fatal(err)
	}
	sites, err := probe.Find(f, l)
	if err != nil {
		tb.Fatal(err)
	}
	return sites.Target(exe)
}

// attach attaches to an executable.
func (w *watch) attach(t bpf.Target) uint32 {
	w.tb.Helper()
	began := time.Now()
	id, err := w.Attach(t)
	if err != nil {
		w.tb.Fatal(err)
	}
	if took := time.Since(began); took > time.Second {
		w.tb.Errorf("attached within %v", took)
	}
	return id
}

// ofProcess are the records of one process.
func ofProcess(p *tracee.Process) func(bpf.Record) bool {
	return func(r bpf.Record) bool { return int(r.PID) == p.PID }
}

// One panic and its recovery, by each toolchain.
func TestPanicAndRecover(t *testing.T) {
	w := load(t, bpf.Options{Rate: -1})
	for _, toolchain := range tracee.Toolchains {
		t.Run(toolchain, func(t *testing.T) {
			exe := tracee.Private(t, tracee.Build(t, toolchain, tracee.PIEStripped))
			id := w.attach(target(t, exe))
			p := tracee.Start(t, exe)
			a := p.Do("string")
			all := w.await(2, ofProcess(p))
			panicked, recovered := all[0], all[1]
			if panicked.Kind != bpf.Panic || panicked.Goid != a.Panics[0].Goid || panicked.Exe != id || panicked.Seen != 1 {
				t.Errorf("panic: %+v", panicked)
			}
			if !holds(t, exe, panicked, "a text") {
				t.Errorf("the text is not in %d pieces", len(panicked.Stack))
			}
			if recovered.Kind != bpf.Recover || recovered.Panics != 1 || recovered.Since != panicked.Time ||
				recovered.Site != panicked.Site || len(recovered.Recoverer) != 2 || recovered.Resume == 0 {
				t.Errorf("recovery: %+v", recovered)
			}
			if err := w.Detach(id); err != nil {
				t.Error(err)
			}
			p.Do("string")
			if n := len(w.await(2, ofProcess(p))); n != 2 {
				t.Errorf("%d records after Detach", n)
			}
		})
	}
}

// holds says whether a record has a text, as memory that was copied or, where a
// page of read-only data had never been touched, as an address in the executable.
func holds(tb testing.TB, exe string, r bpf.Record, text string) bool {
	tb.Helper()
	for _, p := range r.Stack {
		if string(p.Bytes) == text {
			return true
		}
	}
	file, err := gobin.Open(exe)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was read only
	read := func(addr, n uint64) []byte {
		b := make([]byte, n)
		if _, err := (memory{r, file}).ReadAt(b, int64(addr)); err != nil {
			return nil
		}
		return b
	}
	addr, n := r.Data, uint64(r.Code) // of the message, for Fatal
	if r.Kind != bpf.Fatal {
		header := read(r.Data, 16)
		if len(header) < 16 {
			return false
		}
		addr, n = binary.LittleEndian.Uint64(header), binary.LittleEndian.Uint64(header[8:])
	}
	return n == uint64(len(text)) && string(read(addr, n)) == text
}

// memory is what a record has copied, and the read-only data of the executable.
type memory struct {
	r    bpf.Record
	file *gobin.File
}

func (m memory) ReadAt(b []byte, at int64) (int, error) {
	if n, err := m.r.Stack.ReadAt(b, at); err == nil {
		return n, nil
	}
	data, ok := m.file.ROData(uint64(at)-m.r.Bias, uint64(len(b)))
	if !ok || len(data) < len(b) {
		return 0, io.ErrUnexpectedEOF
	}
	return copy(b, data), nil
}
