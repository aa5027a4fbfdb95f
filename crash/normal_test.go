package crash

import (
	"fmt"
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
		"main.f":            {"main.f", "main.f[...]", "main.f[go.shape.int]", "main.f-fm", "main.f-range1"},
		"main.f.func":       {"main.f.func1", "main.f.func12", "main.f.func1.2", "main.f.func2.1.3", "main.f[...].func1", "main.f.func1-range2"},
		"main.(*T).g":       {"main.(*T).g", "main.(*T[...]).g", "main.(*T).g-fm"},
		"main.func":         {"main.init.func1", "main.glob..func1", "main.glob..func13.2", "main.init.func13.2"},
		"main.init":         {"main.init"},
		"a.b/c%2ev2.T.f":    {"a.b/c%2ev2.T.f"},
		"panic":             {"panic"},
		"":                  {"main.f.gowrap1", "main.f.func2.gowrap3", "main.f.deferwrap2", "main.(*T).f.gowrap1"},
		"main.functional":   {"main.functional"},
		"main.f.functional": {"main.f.functional"},
		"main.gowrap":       {"main.gowrap"},
	} {
		for _, name := range names {
			if got := normalFunc(name); got != want {
				t.Errorf("normalFunc(%q) = %q, want %q", name, got, want)
			}
		}
	}
}

func TestTemplate(t *testing.T) {
	for want, messages := range map[string][]string{
		"load cart #: not found":      {"load cart 17: not found", "load cart 99: not found"},
		`user "*" has no cart`:        {`user "bob" has no cart`, `user "al ice" has no cart`, "user `x` has no cart"},
		"can't read #":                {"can't read 0xc000012345", "can't read 7", "can't read deadbeef01"},
		"order # failed":              {"order 9b1deb4d failed", "order 7 failed", "order x9f8k2q1zz08 failed"},
		"dial tcp #.#.#.#:#: refused": {"dial tcp 10.0.0.1:443: refused", "dial tcp 127.0.0.1:80: refused"},
		"(main.T)":                    {"(main.T) 0xc00001", "(main.T) {A:1 B:2}"},
		"worker# stopped":             {"worker7 stopped", "worker19 stopped\nand more"},
		"":                            {"", "\nx"},
	} {
		for _, message := range messages {
			if got := template(message); got != want {
				t.Errorf("template(%q) = %q, want %q", message, got, want)
			}
		}
	}
	if got := template(strings.Repeat("word ", 1000)); len(got) > maxTemplate+10 {
		t.Errorf("template of %d bytes", len(got))
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct{ frames, want string }{
		{"f g main", "f g main"},
		{"f f f main", "f main"},
		{"a b a b a main", "a b main"},
		{"b a b a b a main", "a b main"}, // another phase
		{"leaf a b a b main", "leaf a b main"},
		{"c a b c a b c main", "a b c main"},
		{"f f g g g h", "f g h"},
		{"a b c a", "a b c a"},
		{"a b", "a b"},
	} {
		got, _ := fold(strings.Fields(tt.frames))
		if strings.Join(got, " ") != tt.want {
			t.Errorf("fold(%s) = %v, want %s", tt.frames, got, tt.want)
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

func ExampleSame() {
	report := func(order int, line int) *Report {
		return &Report{
			Kind: KindPanic, Message: fmt.Sprintf("order %d is gone", order), HasMessage: true,
			Goroutines: []Goroutine{{ID: int64(order), State: "running", Frames: []Frame{{Func: "shop/order.Load", File: "order.go", Line: line}}}},
		}
	}
	verdict := Same(report(17, 40), report(99, 44))
	fmt.Println(verdict.Same)
	for _, reason := range verdict.Reasons {
		fmt.Println(reason)
	}
	// Output:
	// true
	// the stacks are equal once lines, closure numbers and recursion are left out
	// both are panic.custom
	// the messages follow one template: order # is gone
}

// Two messages of one function are two bugs, unless the statement is the same.
func TestSameStatement(t *testing.T) {
	report := func(message string, lines ...int) *Report {
		r := &Report{Kind: KindPanic, Class: "panic.custom", Message: message, HasMessage: true}
		g := Goroutine{ID: 1, State: "running"}
		for i, line := range lines {
			g.Frames = append(g.Frames, Frame{Func: []string{"main.load", "main.handle"}[i], File: "/src/main.go", Line: line})
		}
		r.Goroutines = []Goroutine{g}
		return r
	}
	one := report("cart of alice cannot be loaded", 10, 50)
	for _, tt := range []struct {
		name string
		b    *Report
		want bool
	}{
		{"the same line", report("cart of bob cannot be loaded", 10, 50), true},
		{"another line", report("cart of nobody cannot be loaded", 14, 50), false},
		{"a moved file", report("cart of bob cannot be loaded", 17, 57), true},
		{"another message", report("no price for this", 10, 50), false},
		{"one template", report("cart of alice cannot be loaded", 14, 50), true},
	} {
		if v := Same(one, tt.b); v.Same != tt.want {
			t.Errorf("%s: same %v, want %v: %q", tt.name, v.Same, tt.want, v.Reasons)
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
