package crash

import (
	"reflect"
	"strings"
	"testing"
)

func TestIsApp(t *testing.T) {
	for fn, want := range map[string]bool{
		"main.main":                       true,
		"main.(*T).f.func1":               true,
		"main.F[...]":                     true,
		"main.F[go.shape.int]":            true,
		"example.com/shop/cart.Each[...]": true,
		"example.com/shop/cart.(*Stack[github.com/x/y.T]).Pop": true,
		"gopkg.in/yaml%2ev3.(*Decoder).Decode":                 true,
		"shop/cart.f":                                          true, // a module path without a dot
		"github.com/backstop-go/backstop/examples/shop/cart.f": true,
		"github.com/backstop-go/backstop_test.TestX":           true,
		"github.com/backstop-go/backstopping.F":                true,
		"testing2.F":                                           true,

		"github.com/backstop-go/backstop.Recover":               false,
		"github.com/backstop-go/backstop.(*Group).Go.func1":     false,
		"github.com/backstop-go/backstop/internal/spool.(*S).f": false,
		"github.com/backstop-go/backstop/safe.Call[...]":        false,
		"runtime.gopanic":                        false,
		"runtime.main":                           false,
		"panic":                                  false,
		"net/http.(*conn).serve":                 false,
		"net/http.HandlerFunc.ServeHTTP":         false,
		"internal/runtime/maps.fatal":            false,
		"runtime/internal/atomic.Load":           false, // until Go 1.22
		"internal/x/net/http2.f":                 false, // never in the table
		"vendor/golang.org/x/net/http2/hpack.f":  false,
		"golang_org/x/crypto/chacha20poly1305.f": false, // Go 1.10
		"sync.(*Mutex).Lock":                     false,
		"sync.OnceFunc.func1":                    false,
		"slices.SortFunc[...]":                   false,
		"slices.SortFunc[go.shape.[]example.com/shop/cart.Item,go.shape.struct { F int }]": false,
		"testing.tRunner":         false,
		"_cgo_panic":              false,
		"_cgoexp_0123_GoCallback": false,
		"x_cgo_thread_start":      false,
		"crosscall2":              false,
		"type:.eq.main.T":         false,
		"type..eq.main.T":         false,
		"go:buildid":              false,
		"non-Go function":         false,
		"":                        false,
		".":                       false,
		"[":                       false,
	} {
		if got := IsApp(fn); got != want {
			t.Errorf("IsApp(%q) = %v", fn, got)
		}
	}
}

func TestNormalFunc(t *testing.T) {
	for want, names := range map[string][]string{
		"main.f":             {"main.f", "main.f[...]", "main.f[go.shape.int]", "main.f-range1"},
		"x.go:f.func":        {"main.f.func1", "main.f.func12", "main.f.func1.2", "main.f.func2.1.3", "main.f[...].func1", "main.f.func1-range2", "main.main.f.func1", "main.main.func2.f.func1", "a.b/c/v2.g.f.func3"},
		"main.(*T).g":        {"main.(*T).g", "main.(*T[...]).g", "main.(*T[go.shape.struct { a.b/c.T }]).g"},
		"x.go:(*T).g.func":   {"main.(*T).g.func1", "main.(*T[...]).g.func2.1", "main.main.(*T).g.func1"},
		"x.go:func":          {"main.init.func1", "main.glob..func1", "main.glob..func13.2", "main.init.func13.2", "main.init.0.func1", "main.init.init.func1.func2", "main.func·007"},
		"main.init":          {"main.init", "main.init.0", "main.init.12"},
		"a.b/c.T.f":          {"a.b/c.T.f", "a.b/c/v2.T.f", "x.y/z/vendor/a.b/c.T.f", "a.b/c%2ev2.T.f"},
		"a.b/c%2ego.f":       {"a.b/c%2ego.f"},
		"a.b/vx/d.f":         {"a.b/vx/d.f", "a.b/v3/vx/d.f"},
		"panic":              {"panic"},
		"":                   {"main.f.gowrap1", "main.f.func2.gowrap3", "main.f.deferwrap2", "main.(*T).f.gowrap1", "main.(*T).f-fm", "main.f-fm", "main.f·dwrap·3"},
		"main.functional":    {"main.functional"},
		"main.f.functional":  {"main.f.functional"},
		"main.gowrap":        {"main.gowrap"},
		"main.func1":         {"main.func1"},
		"main.(*T).func1":    {"main.(*T).func1"},
		"main.glob.f":        {"main.glob.f"},
		"a-b.c/d-e.(*T).run": {"a-b.c/d-e.(*T).run"},
	} {
		for _, name := range names {
			if got := normalFunc(name, "/src/x.go"); got != want {
				t.Errorf("normalFunc(%q) = %q, want %q", name, got, want)
			}
			if _, _, plain := scanFunc(name); plain && name != want {
				t.Errorf("%q is taken for normal", name)
			}
			pkg, rest := cutFunc(name)
			if p, r, _ := scanFunc(name); p != pkg || r != rest {
				t.Errorf("%q is cut into %q, %q and %q, %q", name, pkg, rest, p, r)
			}
		}
		if want != "" && !strings.Contains(want, ".go:") && normalFunc(want, "") != want {
			t.Errorf("%q is not normal", want)
		}
	}
}

// The fingerprint of a report that went over the wire is that of the original.
func TestFingerprintSurvivesJSON(t *testing.T) {
	for _, file := range goldenFiles(t) {
		_, text := readGolden(t, file)
		r, err := parseGolden(file, text)
		if err != nil {
			t.Fatal(err)
		}
		var back Report
		if err := back.UnmarshalJSON([]byte(marshal(t, r))); err != nil {
			t.Fatal(err)
		}
		back.Fingerprints, back.Class = Fingerprints{}, ""
		if got := Classify(&back); got != r.Class && r.HasMessage {
			t.Errorf("%s: class %s, over the wire %s", file, r.Class, got)
		}
		back.Class = r.Class
		if Fingerprint(&back) != r.Fingerprints || StackHash(&back) != StackHash(r) || !reflect.DeepEqual(FingerprintInputs(&back), FingerprintInputs(r)) {
			t.Errorf("%s: the fingerprint changed over the wire", file)
		}
	}
}

// Only the compiler's wrapper stands on the stack of go panic(err).
func TestWrapperAlone(t *testing.T) {
	frames := func(fn string) []string {
		r := &Report{Kind: KindPanic, Goroutines: []Goroutine{{ID: 1, Frames: []Frame{{Func: fn, File: "/src/main.go", Line: 7}}}}}
		return FingerprintInputs(r).Frames
	}
	if got, want := frames("main.do.func1.gowrap1"), frames("main.do.func1.1"); !equalStrings(got, want) || len(got) != 1 {
		t.Errorf("frames %q, and %q before Go 1.22", got, want)
	}
}
