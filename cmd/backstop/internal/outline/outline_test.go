package outline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

func frames(names ...string) []crash.Frame {
	var all []crash.Frame
	for i, n := range names {
		all = append(all, crash.Frame{Func: n, File: "/x.go", Line: i + 1})
	}
	return all
}

// draw writes the runs of a stack on one line each.
func draw(s Stack) string {
	var b strings.Builder
	for _, r := range s.Runs {
		switch {
		case r.Gap != 0:
			fmt.Fprintf(&b, "gap %d\n", r.Gap)
			continue
		case r.Repeats > 0:
			fmt.Fprintf(&b, "%d times more the %d before\n", r.Rounds(), r.Repeats)
			continue
		case r.App:
			b.WriteString("app")
		default:
			b.WriteString("std")
		}
		for _, f := range r.Frames {
			fmt.Fprintf(&b, " %d:%s", f.Number, f.Func)
			if f.Focus {
				b.WriteString("!")
			}
		}
		b.WriteString("\n")
	}
	if s.Cut > 0 {
		fmt.Fprintf(&b, "cut %d\n", s.Cut)
	}
	return b.String()
}

func TestStack(t *testing.T) {
	mixed := []crash.Frame{{Func: "main.Leaf"}}
	for range 6 { // a String method that prints itself, as it stands in real stacks
		mixed = append(mixed, crash.Frame{Func: "fmt.Sprintf"}, crash.Frame{Func: "main.T.String"}, crash.Frame{Func: "fmt.(*pp).handleMethods"})
	}
	mixed = append(mixed, crash.Frame{Func: "main.main"})
	all := frames("panic", "runtime.mapassign", "main.f", "main.g", "net/http.serve", "runtime.goexit")
	for _, c := range []struct {
		name             string
		frames           []crash.Frame
		focus            *crash.Frame
		elided, at, most int
		want             string
	}{
		{"plain", all, &all[2], 0, 0, 100, "std 1:panic 2:runtime.mapassign\napp 3:main.f! 4:main.g\nstd 5:net/http.serve 6:runtime.goexit\n"},
		{"gap", all, nil, 12, 3, 100, "std 1:panic 2:runtime.mapassign\napp 3:main.f\ngap 12\napp 4:main.g\nstd 5:net/http.serve 6:runtime.goexit\n"},
		{"gap of unknown size at the end", all[:3], nil, -1, 3, 100, "std 1:panic 2:runtime.mapassign\napp 3:main.f\ngap -1\n"},
		{"gap behind the cut", all, nil, -1, 4, 2, "std 1:panic 2:runtime.mapassign\ncut 4\n"},
		{"recursion through the library", mixed, nil, 0, 0, 100, "app 1:main.Leaf\nstd 2:fmt.Sprintf\napp 3:main.T.String\nstd 4:fmt.(*pp).handleMethods\n5 times more the 3 before\napp 20:main.main\n"},
		{"none", nil, nil, 0, 0, 100, ""},
	} {
		if got := draw(NewStack(c.frames, c.focus, c.elided, c.at, c.most)); got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
	// The frame in focus is never folded away.
	deep := make([]crash.Frame, 50)
	for i := range deep {
		deep[i] = crash.Frame{Func: "main.walk", File: "/x.go", Line: 1}
	}
	if got := draw(NewStack(deep, &deep[40], 0, 0, 100)); !strings.Contains(got, "41:main.walk!") {
		t.Errorf("focus in a recursion:\n%s", got)
	}
}

func TestPackages(t *testing.T) {
	s := NewStack(frames("panic", "runtime.gopanic", "net/http.(*conn).serve", "example.com/a/b.F[example.com/c.D]", "x_cgo_start"), nil, 0, 0, 10)
	var got []string
	for _, r := range s.Runs {
		got = append(got, strings.Join(r.Packages(), " "))
	}
	if want := "runtime net/http|example.com/a/b|C"; strings.Join(got, "|") != want {
		t.Errorf("packages %q, want %q", strings.Join(got, "|"), want)
	}
	many := Run{}
	for i := range 9 {
		many.Frames = append(many.Frames, Frame{Frame: &crash.Frame{Func: fmt.Sprintf("p%d.F", i)}})
	}
	if got := strings.Join(many.Packages(), " "); got != "p0 p1 p2 p3 …" {
		t.Errorf("many packages: %q", got)
	}
}

const family = `panic: boom

goroutine 7 [running]:
main.child()
	/x.go:1 +0x1
created by main.parent in goroutine 5
	/x.go:2 +0x1

goroutine 5 [select, 3 minutes]:
main.parent()
	/x.go:3 +0x1
created by main.main in goroutine 1
	/x.go:4 +0x1

goroutine 1 [chan receive]:
main.main()
	/x.go:5 +0x1
`

func report(t *testing.T, text string) *crash.Report {
	t.Helper()
	r, err := crash.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func chain(creators []Creator) string {
	var b strings.Builder
	for _, c := range creators {
		fmt.Fprintf(&b, "%s in %d", c.Func, c.Goroutine)
		if c.Holder != nil {
			fmt.Fprintf(&b, " [%s]", c.Holder.State)
		}
		b.WriteString("; ")
	}
	return b.String()
}

func TestCreators(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"as far as main", family, "main.parent in 5 [select]; main.main in 1 [chan receive]; "},
		{"the parent is gone", family[:strings.Index(family, "goroutine 5 [")], "main.parent in 5; "},
		{"in a circle", strings.ReplaceAll(family, "main.main in goroutine 1", "main.main in goroutine 7"), "main.parent in 5 [select]; main.main in 7; "},
	} {
		o := New(report(t, c.text), Options{})
		if got := chain(o.Threads[0].Creators); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A goroutine that was folded with others is found by its number; whose child
// it is, is not known.
func TestCreatorsThroughFoldedGoroutines(t *testing.T) {
	r := report(t, family)
	others := []crash.Bucket{{Goroutine: crash.Goroutine{ID: 4, State: "select", CreatedBy: &crash.CreatedBy{Func: "main.main", Goroutine: 1}}, Count: 2, IDs: []int64{4, 5}}}
	alone := *r
	alone.Goroutines = r.Goroutines[:1]
	if got, want := chain(creatorsOf(&alone, alone.CrashGoroutine(), others)), "main.parent in 5 [select]; main.main in 0; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A chain of a million goroutines, each started by the one before, is followed
// for a while.
func TestCreatorsAreBounded(t *testing.T) {
	r := &crash.Report{Kind: crash.KindPanic, Class: "panic.custom"}
	for i := range 1000 {
		r.Goroutines = append(r.Goroutines, crash.Goroutine{ID: int64(i), CreatedBy: &crash.CreatedBy{Func: "main.f", Goroutine: int64(i + 1)}})
	}
	if n := len(New(r, Options{}).Threads[0].Creators); n != maxLinks {
		t.Errorf("%d links, want %d", n, maxLinks)
	}
}

func TestSourceOfTheFirstFrames(t *testing.T) {
	r := report(t, "panic: boom\n\ngoroutine 1 [running]:\nruntime.f()\n\t/r.go:1\nmain.a()\n\t/x.go:2\nmain.b()\n\t/x.go:3\nstrings.Map()\n\t/s.go:4\nmain.c()\n\t/x.go:5\nmain.d()\n\t/x.go:6\n")
	var asked []string
	New(r, Options{Source: func(f *crash.Frame, around int) *source.Excerpt {
		asked = append(asked, fmt.Sprintf("%s %d", f.Func, around))
		return nil
	}})
	if got := strings.Join(asked, ", "); got != "main.a 2, main.b 1, main.c 1" {
		t.Errorf("source was asked for: %s", got)
	}
}

func TestOthers(t *testing.T) {
	r := report(t, family+`
goroutine 2 [force gc (idle), 9 minutes]:
runtime.gopark()
	/r.go:1
created by runtime.init.7 in goroutine 1
	/r.go:2
`)
	o := New(r, Options{})
	if o.Others.Count != 3 || o.Others.Runtime != 1 || len(o.Others.Kinds) != 2 || o.Others.WaitMinutes != 3 {
		t.Errorf("%+v", o.Others)
	}
}

func TestPurpose(t *testing.T) {
	for _, c := range []struct {
		frames []crash.Frame
		want   string
	}{
		{frames("runtime.gopark", "main.worker", "main.main"), "main.worker"},
		{frames("runtime.gopark", "net/http.(*connReader).backgroundRead", "runtime.goexit"), "net/http.(*connReader).backgroundRead"},
		{nil, ""},
	} {
		got := ""
		if f := Purpose(c.frames); f != nil {
			got = f.Func
		}
		if got != c.want {
			t.Errorf("purpose %q, want %q", got, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Name
	}{
		{"main.main", Name{"", "main.main"}},
		{"github.com/acme/shop/cart.(*Cart).Add", Name{"github.com/acme/shop/", "cart.(*Cart).Add"}},
		{"a/b.F[c/d.T]", Name{"a/", "b.F[c/d.T]"}},
		{"a/b.(*G[c/d.T]).M", Name{"a/", "b.(*G[c/d.T]).M"}},
		{"panic", Name{"", "panic"}},
		{"", Name{}},
	} {
		if got := SplitFunc(c.in); got != c.want {
			t.Errorf("SplitFunc(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	for _, c := range []struct {
		in   string
		want Name
	}{
		{"/home/me/shop/cart/cart.go", Name{"/home/me/shop/", "cart/cart.go"}},
		{`C:\shop\cart\cart.go`, Name{`C:\shop\`, `cart\cart.go`}},
		{"cart/cart.go", Name{"", "cart/cart.go"}},
		{"/cart.go", Name{"/", "cart.go"}},
		{"cart.go", Name{"", "cart.go"}},
		{"", Name{}},
	} {
		if got := SplitFile(c.in); got != c.want {
			t.Errorf("SplitFile(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestRecursionIsFolded(t *testing.T) {
	var all []crash.Frame
	add := func(n int, names ...string) {
		for range n {
			for i, name := range names {
				all = append(all, crash.Frame{Func: "main." + name, File: "main.go", Line: i})
			}
		}
	}
	add(1, "top", "odd")
	add(10, "even", "odd")
	add(5, "self")
	add(3, "twice")
	add(1, "main")
	var got []string
	for _, r := range NewStack(all, nil, 0, 0, 200).Runs {
		s := fmt.Sprintf("%d:", r.Repeats)
		for _, f := range r.Frames {
			s += " " + strings.TrimPrefix(f.Func, "main.")
		}
		got = append(got, s)
	}
	want := []string{
		"0: top odd even", "2:" + strings.Repeat(" odd even", 9), "0: odd self", "1: self self self self",
		"0: twice twice twice main",
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("runs\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
