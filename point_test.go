package backstop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// visit passes a point and returns what it panicked with.
func visit(name string) any { return catch(func() { backstop.Point(name) }) }

func TestPointsAreQuiet(t *testing.T) {
	backstop.ArmPoints(t, "", "")
	for range 3 {
		if v := visit("checkout.charge"); v != nil {
			t.Fatalf("a point that nobody armed: %v", v)
		}
	}
	if n := testing.AllocsPerRun(100, func() { backstop.Point("checkout.charge") }); n != 0 {
		t.Errorf("a quiet point allocates %v times", n)
	}
}

func TestArmedPoints(t *testing.T) {
	for spec, want := range map[string]string{ // what passing a, a, a, b, b gives
		"a=panic":                      "planned panic at a|-|-|-|-",
		"a=2*panic(card gone)":         "planned panic at a: card gone|planned panic at a: card gone|-|-|-",
		" a = panic(x;y=z) ; b=panic ": "planned panic at a: x;y=z|-|-|planned panic at b|-",
		"*=panic":                      "planned panic at a|-|-|planned panic at b|-",
		"*=2*panic;a=0*panic":          "-|-|-|planned panic at b|planned panic at b",
		"a=panic(2*panic)":             "planned panic at a: 2*panic|-|-|-|-",
		"a=panic();":                   "planned panic at a|-|-|-|-",
		"c=panic":                      "-|-|-|-|-",
		// Wrong in one place: nothing is armed.
		"a":                            "-|-|-|-|-",
		"=panic":                       "-|-|-|-|-",
		"a=panics":                     "-|-|-|-|-",
		"a=panic(x":                    "-|-|-|-|-",
		"a=panic b=panic":              "-|-|-|-|-",
		"a=-1*panic":                   "-|-|-|-|-",
		"a=2*":                         "-|-|-|-|-",
		"a=2panic":                     "-|-|-|-|-",
		"a=panic;b=sleep":              "-|-|-|-|-",
		"a=panic;;b=panic":             "-|-|-|-|-",
		"a=99999999999999999999*panic": "-|-|-|-|-",
	} {
		t.Run(spec, func(t *testing.T) {
			backstop.ArmPoints(t, spec, "")
			var got []string
			for _, name := range []string{"a", "a", "a", "b", "b"} {
				v := visit(name)
				if v == nil {
					got = append(got, "-")
					continue
				}
				var e *backstop.PointError
				if err, ok := v.(error); !ok || !errors.As(err, &e) || e.Point != name {
					t.Errorf("the value is a %T: %v", v, v)
				}
				got = append(got, fmt.Sprint(v))
			}
			if s := strings.Join(got, "|"); s != want {
				t.Errorf("got %s, want %s", s, want)
			}
		})
	}
}

// TestPointsFile reads what a runner reads: who passed, how often, for whom.
func TestPointsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "points")
	backstop.ArmPoints(t, "served=panic", file)
	start(t, backstop.Options{})
	visit("idle")
	h := backstop.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		backstop.PointCtx(r.Context(), "served")
	}), backstop.HandlerOptions{OnPanic: backstop.Answer500})
	for range 2 {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Traceparent", testParent)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid := fmt.Sprint(os.Getpid())
	want := regexp.MustCompile(`^idle hits=1 fired=0 pid=` + pid + ` goroutines=\d+
served hits=1 fired=1 pid=` + pid + ` goroutines=\d+ trace=` + testTrace + `
served hits=2 fired=1 pid=` + pid + ` goroutines=\d+ trace=` + testTrace + `
$`)
	if !want.Match(data) {
		t.Errorf("got\n%s\nwant\n%s", data, want)
	}
}

// TestPointsAtOnce fires exactly as often as was asked for.
func TestPointsAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "points")
	backstop.ArmPoints(t, "busy=10*panic", file)
	var all sync.WaitGroup
	fired := make(chan any, 100)
	for range 100 {
		all.Add(1)
		go func() {
			defer all.Done()
			if v := visit("busy"); v != nil {
				fired <- v
			}
		}()
	}
	all.Wait()
	if len(fired) != 10 {
		t.Errorf("%d of 100 panicked, want 10", len(fired))
	}
	data, err := os.ReadFile(file)
	if err != nil || strings.Count(string(data), "\n") != 100 || !strings.Contains(string(data), "busy hits=100 fired=10 ") {
		t.Errorf("%v\n%s", err, data)
	}
}

// TestBusyPoint does not fill the disk, and says what counts.
func TestBusyPoint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "points")
	backstop.ArmPoints(t, "busy=0*panic", file)
	for range 20_000 {
		backstop.Point("busy")
	}
	data, err := os.ReadFile(file)
	if n := strings.Count(string(data), "\n"); err != nil || n != 10_001 || !strings.Contains(string(data), "busy hits=16384 ") {
		t.Errorf("%v, %d lines", err, n)
	}
}

// TestPointFaults makes our own code panic, and contexts of theirs.
func TestPointFaults(t *testing.T) {
	backstop.ArmPoints(t, "a=panic;b=panic", "")
	backstop.SetFault(t, func(point string) {
		if point == "point" {
			panic("fault of ours")
		}
	})
	if v := visit("a"); v != nil {
		t.Errorf("a fault of ours reaches the program: %v", v)
	}
	backstop.SetFault(t, func(string) {})
	if v := catch(func() { backstop.PointCtx(hostile{context.Background()}, "b") }); fmt.Sprint(v) != "planned panic at b" {
		t.Errorf("with a hostile context: %v", v)
	}
	if v := catch(func() { backstop.PointCtx(nil, "a") }); fmt.Sprint(v) != "planned panic at a" { //nolint:staticcheck // nil on purpose
		t.Errorf("with a nil context: %v", v)
	}
	// A context that passes points when it is asked must not wait for itself.
	backstop.ArmPoints(t, "", filepath.Join(t.TempDir(), "points"))
	backstop.PointCtx(busy{context.Background()}, "a")
}

// busy is a context that passes a point when it is asked anything.
type busy struct{ context.Context }

func (busy) Value(any) any { backstop.Point("within"); return nil }

// TestPointsInPrograms reads the real environment, in processes of their own.
func TestPointsInPrograms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct {
		env    []string
		exit   int
		stderr string
	}{
		"quiet":   {nil, 0, ``},
		"armed":   {[]string{"BACKSTOP_POINTS=start.up=panic(now)"}, 2, `^panic: planned panic at start.up: now\n`},
		"wrong":   {[]string{"BACKSTOP_POINTS=start.up"}, 0, `^backstop: BACKSTOP_POINTS: want NAME=panic, .*: no point is armed\n$`},
		"no file": {[]string{"BACKSTOP_POINTS_FILE=" + dir}, 0, `^backstop: BACKSTOP_POINTS_FILE: open .*\n$`},
		"armed, no file": {
			[]string{"BACKSTOP_POINTS=start.up=panic", "BACKSTOP_POINTS_FILE=" + dir},
			2,
			`^backstop: BACKSTOP_POINTS_FILE: open .*\npanic: .*planned panic at start.up`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := crashtest.Run(t, "points", crashtest.Options{Env: c.env})
			if r.Exit != c.exit || !regexp.MustCompile(c.stderr).MatchString(r.Stderr) || c.stderr == "" && r.Stderr != "" {
				t.Errorf("exit %d, want %d; stderr:\n%s\nwant %s", r.Exit, c.exit, r.Stderr, c.stderr)
			}
		})
	}
}

// BenchmarkPoint is what a point costs that nobody armed.
func BenchmarkPoint(b *testing.B) {
	ctx := context.Background()
	b.Run("empty-loop", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
		}
	})
	b.Run("Point", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			backstop.Point("bench")
		}
	})
	b.Run("PointCtx", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			backstop.PointCtx(ctx, "bench")
		}
	})
}
