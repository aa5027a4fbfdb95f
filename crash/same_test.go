package crash

import (
	"fmt"
	"strings"
	"testing"
)

// crashAt makes a panic with frames given as "main.f x.go:12".
func crashAt(class Class, message string, frames ...string) *Report {
	r := &Report{Kind: kindOf(class), Class: class, Message: message, HasMessage: message != ""}
	r.Goroutines = []Goroutine{{ID: 1, State: "running", Frames: framesOf(frames...)}}
	r.GoroutineCount = 1
	return r
}

func framesOf(frames ...string) []Frame {
	var all []Frame
	for _, text := range frames {
		var f Frame
		fn, place, _ := strings.Cut(text, " ")
		file, line, _ := strings.Cut(place, ":")
		if n, err := fmt.Sscanf(line, "%d+%d", &f.Line, &f.Offset); n == 0 {
			panic(err) // a mistake in a test
		}
		f.Func, f.File = fn, "/src/"+file
		all = append(all, f)
	}
	return all
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

func TestSame(t *testing.T) {
	nilMap := Class("panic.nil_map")
	for _, tt := range []struct {
		name string
		a, b *Report
		want bool
		why  string
	}{
		// What lines say.
		{"one line", crashAt(nilMap, "x", "main.f x.go:9"), crashAt(nilMap, "x", "main.f x.go:9"), true, "lines included"},
		{"nothing around", crashAt(nilMap, "x", "main.f x.go:9"), crashAt(nilMap, "x", "main.f x.go:99"), true, "once lines"},
		{"one build", crashAt(nilMap, "x", "main.f x.go:9+5", "main.g y.go:7+40"), crashAt(nilMap, "x", "main.f x.go:11+9", "main.g y.go:7+40"), false, "of one build"},
		{
			"one build, another call", crashAt(nilMap, "x", "main.f x.go:9+5", "main.g y.go:7+40", "main.h y.go:90+3", "main.i y.go:95+8"),
			crashAt(nilMap, "x", "main.f x.go:9+5", "main.g y.go:9+44", "main.h y.go:90+3", "main.i y.go:95+8"), true, "both are at x.go:9",
		},
		{"moved code", crashAt(nilMap, "x", "main.f x.go:9+5", "main.g y.go:7+40"), crashAt(nilMap, "x", "main.f x.go:11+5", "main.g y.go:7+40"), true, "the code of main.f is the same"},
		{"another compiler", crashAt(nilMap, "x", "main.f x.go:9+5", "main.g y.go:7+40"), crashAt(nilMap, "x", "main.f x.go:11+9", "main.g y.go:7+44"), true, "once lines"},
		{"closures of one build", crashAt(nilMap, "x", "main.f.func1 x.go:9+5", "main.g y.go:7+40"), crashAt(nilMap, "x", "main.f.func2 x.go:9+5", "main.g y.go:7+40"), false, "two closures"},
		{"the file moved", crashAt(nilMap, "x", "main.f x.go:9", "main.g x.go:30"), crashAt(nilMap, "x", "main.f x.go:19", "main.g x.go:40"), true, "line 9 moved down by 10, as main.g"},
		{"the file moved, the line more", crashAt(nilMap, "x", "main.f x.go:9", "main.g x.go:20"), crashAt(nilMap, "x", "main.f x.go:21", "main.g x.go:30"), false, "line 9 moved down by 12, but main.g near it moved down by 10"},
		{"far away", crashAt(nilMap, "x", "main.f x.go:90", "main.g x.go:20"), crashAt(nilMap, "x", "main.f x.go:99", "main.g x.go:22"), true, "once lines"},

		// Which place counts.
		{
			"a helper", crashAt("panic.custom", "bad", "main.must x.go:9+1", "main.f y.go:7+40", "main.main y.go:50+9"),
			crashAt("panic.custom", "bad", "main.must x.go:9+1", "main.f y.go:8+44", "main.main y.go:50+9"), false, "main.f is at line 7",
		},
		{
			"no helper", crashAt("panic.custom", "bad", "main.load x.go:9+1", "main.f y.go:7+40", "main.main y.go:50+9"),
			crashAt("panic.custom", "bad", "main.load x.go:9+1", "main.f y.go:8+44", "main.main y.go:50+9"), true, "both are at x.go:9",
		},
		{
			"a dependency", crashAt(nilMap, "x", "a.b/lib.F x.go:9+1", "c.d/shop.f y.go:7+40", "c.d/shop.g y.go:50+9"),
			crashAt(nilMap, "x", "a.b/lib.F x.go:9+1", "c.d/shop.f y.go:8+44", "c.d/shop.g y.go:50+9"), false, "c.d/shop.f is at line 7",
		},

		// What may be missing.
		{
			"a guard's function", crashAt(nilMap, "x", "main.guard.func1 x.go:3", "panic p.go:1", "main.f x.go:9", "main.guard x.go:5", "main.main x.go:30"),
			crashAt(nilMap, "x", "main.f x.go:9", "main.main x.go:30"), true, "only had a deferred call",
		},
		{
			"a function between", crashAt(nilMap, "x", "main.f x.go:9", "main.g x.go:60", "main.h x.go:90", "main.more x.go:120", "main.main x.go:200"),
			crashAt(nilMap, "x", "main.f x.go:9", "main.g x.go:60", "main.h x.go:90", "main.main x.go:200"), true, "equal but for main.more",
		},
		{
			"another caller", crashAt(nilMap, "x", "main.f x.go:9", "main.g x.go:60", "main.main x.go:200"),
			crashAt(nilMap, "x", "main.f x.go:9", "main.h x.go:60", "main.main x.go:200"), false, "frame 2 is main.g",
		},
		{"no message", crashAt("panic.custom", "bad", "main.f x.go:9", "main.g x.go:60"), crashAt("panic.custom", "", "main.f x.go:9", "main.g x.go:60"), true, "no message to compare"},
		{"a guessed class", crashAt(nilMap, "x", "main.f x.go:9", "main.g x.go:60"), crashAt("panic.custom", "", "main.f x.go:9", "main.g x.go:60"), true, "is a guess"},
		{"a known class", crashAt(nilMap, "x", "main.f x.go:9"), crashAt("panic.index", "", "main.f x.go:9"), false, "the classes differ"},
		{"two fatal errors", crashAt("fatal.oom", "out of memory", "main.f x.go:9"), crashAt("fatal.gc_corruption", "found bad pointer", "main.f x.go:9"), false, "the classes differ"},
		{
			"two sides of a map", crashAt("fatal.concurrent_map_writes", "concurrent map writes", "main.f x.go:9"),
			crashAt("fatal.concurrent_map_iter_write", "concurrent map iteration and map write", "main.f x.go:9"), true, "both are fatal.concurrent_map",
		},
		{"nothing at all", &Report{Kind: KindKill, Class: "kill.oom", Crash: -1}, &Report{Kind: KindKill, Class: "kill.oom", Crash: -1}, true, "neither report has a stack"},
	} {
		v := Same(tt.a, tt.b)
		if v.Same != tt.want || !strings.Contains(strings.Join(v.Reasons, "\n"), tt.why) {
			t.Errorf("%s: same %v, want %v because %q: %q", tt.name, v.Same, tt.want, tt.why, v.Reasons)
		}
		checkSymmetry(t, tt.a, tt.b)
	}
}

// Two messages of one function are two bugs, unless the statement is the same.
func TestSameStatement(t *testing.T) {
	report := func(message string, lines ...int) *Report {
		return crashAt("panic.custom", message, fmt.Sprintf("main.load main.go:%d", lines[0]), fmt.Sprintf("main.handle main.go:%d", lines[1]))
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

// The alarm's stack is the same for all tests that time out: which were running
// decides, by the message or, where it does not say, by the stacks.
func TestSameTests(t *testing.T) {
	timeout := func(list string, tests ...string) *Report {
		r := crashAt("panic.test_timeout", "test timed out after 1s"+list, "testing.(*M).startAlarm.func1 testing.go:9")
		for i, test := range tests {
			r.Goroutines = append(r.Goroutines, Goroutine{ID: int64(i), State: "select", Frames: framesOf("shop."+test+" shop_test.go:9", "testing.tRunner testing.go:1")})
		}
		return r
	}
	for _, tt := range []struct {
		a, b *Report
		want bool
	}{
		{timeout("\nrunning tests:\n\tTestA (1s)"), timeout("\nrunning tests:\n\tTestA (3s)"), true},
		{timeout("\nrunning tests:\n\tTestA (1s)"), timeout("\nrunning tests:\n\tTestB (1s)"), false},
		{timeout("", "TestA"), timeout("", "TestA"), true},
		{timeout("", "TestA"), timeout("", "TestB"), false},
		{timeout(""), timeout("", "TestB"), true},
	} {
		if v := Same(tt.a, tt.b); v.Same != tt.want {
			t.Errorf("same %v, want %v: %q", v.Same, tt.want, v.Reasons)
		}
	}
}

func TestHelpers(t *testing.T) {
	for name, want := range map[string]bool{
		"main.must": true, "main.MustCompile": true, "a.b/must.Do": true, "main.checkErr": true, "main.assertOK": true,
		"main.panicIf": true, "main.(*T).mustLoad": true, "main.failOnError": true, "main.x.Require": true,
		"main.load": false, "main.soldier": false, "main.recheck": false, "main.mustard": true, "must.io/x.load": false,
	} {
		if isHelper(name) != want {
			t.Errorf("isHelper(%q) is %v", name, !want)
		}
	}
}
