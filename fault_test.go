package backstop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// hostile is a context that panics when it is asked anything.
type hostile struct{ context.Context }

func (hostile) Value(any) any { panic("hostile context") }

// TestFaultsOfOursStayOurs makes our own code panic inside every exported entry
// and wants the program to see what it would see without us.
func TestFaultsOfOursStayOurs(t *testing.T) {
	boom := errors.New("boom")
	handler := func(o backstop.Response) func() {
		return func() {
			next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(boom) })
			w := httptest.NewRecorder()
			backstop.Handler(next, backstop.HandlerOptions{OnPanic: o}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			if o == backstop.Answer500 && w.Code != http.StatusInternalServerError {
				t.Errorf("status %d", w.Code)
			}
		}
	}
	// The entries that prepare something before a panic have a fault there too.
	early := map[string]string{"Go": "goroutine", "Group": "goroutine", "Handler, Repanic": "request", "Handler, Answer500": "request"}
	entries := map[string]struct {
		call   func(ctx context.Context)
		raises any
	}{
		"Recover": {func(ctx context.Context) { defer backstop.Recover(ctx); panic(boom) }, nil},
		"Guard":   {func(ctx context.Context) { defer backstop.Guard(ctx); panic(boom) }, boom},
		"Capture": {func(ctx context.Context) { backstop.Capture(ctx, boom) }, nil},
		"Recovered": {func(ctx context.Context) {
			if err := backstop.Recovered(ctx, boom); !errors.Is(err, boom) {
				t.Errorf("Recovered: %v", err)
			}
		}, nil},
		"Go": {func(ctx context.Context) {
			done := make(chan struct{})
			backstop.Go(ctx, func(context.Context) { defer close(done); panic(boom) })
			<-done
		}, nil},
		"Group": {func(ctx context.Context) {
			g := backstop.NewGroup(ctx)
			g.Go(func(context.Context) error { panic(boom) })
			if err := g.Wait(); !errors.Is(err, boom) {
				t.Errorf("Wait: %v", err)
			}
		}, nil},
		"Handler, Repanic":   {func(context.Context) { handler(backstop.Repanic)() }, boom},
		"Handler, Answer500": {func(context.Context) { handler(backstop.Answer500)() }, nil},
	}
	for name, e := range entries {
		for _, where := range []string{"capture", "event", "context", early[name]} {
			if where == "" {
				continue
			}
			t.Run(name+"/"+where, func(t *testing.T) {
				var ctx context.Context = hostile{context.Background()}
				hit := make(chan struct{}, 100)
				if where != "context" {
					ctx = context.Background()
					backstop.SetFault(t, func(point string) {
						if point == where {
							hit <- struct{}{}
							panic("fault of ours")
						}
					})
				}
				c := crashtest.NewCollector(t)
				start(t, backstop.Options{Collector: c.URL})
				if v := catch(func() { e.call(ctx) }); v != e.raises {
					t.Errorf("raised %v, want %v", v, e.raises)
				}
				if where != "context" {
					<-hit // the fault was really there
				}
				backstop.Settle(t)
				if where == "context" || where == early[name] {
					return // nothing was lost but the request
				}
				// What was lost is counted, and the agent still works.
				backstop.SetFault(t, func(string) {})
				backstop.Capture(context.Background(), "after the fault")
				crashtest.Eventually(t, "the next event tells of the lost one", func() bool {
					for _, e := range decode(t, c.Events()) {
						if e.Dropped > 0 {
							return true
						}
					}
					return false
				})
			})
		}
	}
}

func TestFaultsInStartAndStop(t *testing.T) {
	backstop.SetFault(t, func(point string) { panic("fault at " + point) })
	o := backstop.Options{SpoolDir: t.TempDir(), DisableMonitor: true}
	if err := backstop.Start(o); err == nil || !strings.Contains(err.Error(), "fault at start") {
		t.Errorf("Start: %v", err)
	}
	backstop.SetFault(t, func(point string) {
		if point == "stop" {
			panic("fault at stop")
		}
	})
	start(t, o)
	if err := backstop.Stop(context.Background()); err == nil || !strings.Contains(err.Error(), "fault at stop") {
		t.Errorf("Stop: %v", err)
	}
}

// TestNilArguments must not hurt either.
func TestNilArguments(t *testing.T) {
	start(t, backstop.Options{})
	catch(func() { defer backstop.Recover(nil); panic(1) })    //nolint:staticcheck // nil on purpose
	catch(func() { defer backstop.Guard(nil, nil); panic(2) }) //nolint:staticcheck // nil on purpose
	backstop.Capture(nil, 3)                                   //nolint:staticcheck // nil on purpose
	if backstop.Carry(nil) == nil {                            //nolint:staticcheck // nil on purpose
		t.Error("Carry(nil) is nil")
	}
	if err := backstop.NewGroup(nil).Wait(); err != nil { //nolint:staticcheck // nil on purpose
		t.Error(err)
	}
	if err := backstop.Stop(nil); err != nil { //nolint:staticcheck // nil on purpose
		t.Error(err)
	}
}
