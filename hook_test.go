package backstop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
)

type key struct{}

func TestOnCrash(t *testing.T) {
	var got []*backstop.Crash
	var contexts []context.Context
	t.Cleanup(backstop.OnCrash(func(context.Context, *backstop.Crash) { panic("a hook at fault") }))
	remove := backstop.OnCrash(func(ctx context.Context, c *backstop.Crash) {
		got, contexts = append(got, c), append(contexts, ctx)
	})
	t.Cleanup(remove)
	func() {
		defer backstop.Recover()
		panic("nobody listens before Start")
	}()
	start(t, backstop.Options{Service: "svc", Release: "7"})
	boom := errors.New("boom")
	func() {
		defer backstop.Recover(context.WithValue(context.Background(), key{}, "mine"))
		raise(boom)
	}()
	func() {
		defer func() { recover() }()
		defer backstop.Guard()
		defer backstop.Guard()
		raise("passing")
	}()
	h := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { raise(http.ErrAbortHandler) }), backstop.HandlerOptions{})
	func() {
		defer func() { recover() }()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}()
	h = backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { raise("served") }), backstop.HandlerOptions{OnPanic: backstop.Answer500})
	r := httptest.NewRequest(http.MethodGet, "/shelf?q=1", nil)
	r.Header.Set("Traceparent", testParent)
	h.ServeHTTP(httptest.NewRecorder(), r)

	if len(got) != 3 {
		t.Fatalf("%d calls, want 3: one panic, one that passed two guards, one served, none for an abort: %+v", len(got), got)
	}
	c := got[0]
	if c.Value != any(boom) || c.Text != "boom" || c.Type != "*errors.errorString" || !c.Recovered || c.Service != "svc" || c.Release != "7" || c.At.IsZero() {
		t.Errorf("first: %+v", c)
	}
	if f := c.Frames(); len(f) == 0 || !strings.HasSuffix(f[0].Func, ".raise") {
		t.Errorf("frames %v, want raise on top", f)
	}
	if contexts[0].Value(key{}) != "mine" || contexts[1] == nil {
		t.Errorf("the hook has another context than the guard")
	}
	if got[1].Recovered || got[1].Request != nil {
		t.Errorf("passing: %+v", got[1])
	}
	if req := got[2].Request; req == nil || req.URL != "/shelf" || req.TraceID != testTrace {
		t.Errorf("served: request %+v", req)
	}
	if r := c.Report(); r.Message != "boom" || len(r.Goroutines) != 1 {
		t.Errorf("report %+v", r)
	}

	remove()
	func() {
		defer backstop.Recover()
		raise("after remove")
	}()
	if len(got) != 3 {
		t.Errorf("called after remove")
	}
}
