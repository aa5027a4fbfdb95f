package backstop_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/event"
)

// cutShort maps a file and cuts it: reading the memory is a SIGBUS.
func cutShort(t *testing.T) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "mapped"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	memory, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	return memory
}

var sink byte

// TestFaultsArePanics reads memory that is not there, in each place that promises
// a panic for it, and wants the goroutine left as it was.
func TestFaultsArePanics(t *testing.T) {
	memory := cutShort(t)
	read := func() { sink = memory[0] }
	o := backstop.Options{SpoolDir: t.TempDir(), PanicOnFault: true}
	start(t, o)
	handler := func(w http.ResponseWriter, r *http.Request) {
		backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { read() }), backstop.HandlerOptions{OnPanic: backstop.Answer500}).ServeHTTP(w, r)
	}
	for name, f := range map[string]func(){
		"Handler": func() { handler(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)) },
		"Serve": func() {
			backstop.Serve(context.Background(), call(), backstop.HandlerOptions{OnPanic: backstop.Answer500}, func(context.Context) { read() })
		},
		"Go": func() {
			done := make(chan struct{})
			backstop.Go(context.Background(), func(context.Context) { defer close(done); read() })
			<-done
		},
		"Group": func() {
			g := backstop.NewGroup(context.Background())
			g.Go(func(context.Context) error { read(); return nil })
			if err := g.Wait(); err == nil || !strings.Contains(err.Error(), "invalid memory address") {
				t.Errorf("Wait: %v", err)
			}
		},
	} {
		f()
		if debug.SetPanicOnFault(false) {
			t.Errorf("%s leaves the goroutine with panics for faults", name)
		}
	}
	backstop.Settle(t)
	got := spooled(t, o.SpoolDir)
	if len(got) != 4 {
		t.Fatalf("%d events, want 4\n%s", len(got), show(got))
	}
	for _, e := range got {
		if !e.Saw(event.Guard) || !strings.HasPrefix(string(e.Class), "panic.") {
			t.Errorf("class %s, message %q", e.Class, text(e.Message))
		}
	}
}

// TestPanicOnFaultIsKept finds it set by the program, and leaves it.
func TestPanicOnFaultIsKept(t *testing.T) {
	start(t, backstop.Options{PanicOnFault: true})
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	backstop.Handler(http.NotFoundHandler(), backstop.HandlerOptions{}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if !debug.SetPanicOnFault(true) {
		t.Error("Handler took it away")
	}
}
