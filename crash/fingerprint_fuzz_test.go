package crash

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFingerprint makes a crash from a seed and changes it: in ways that belong
// to the occurrence or to the build, which must not reach a fingerprint, and in
// ways that make another bug of it, which must.
func FuzzFingerprint(f *testing.F) {
	for seed := int64(0); seed < 200; seed++ {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed int64) {
		checkInvariance(t, seed)
		checkDifference(t, seed)
		checkText(t, seed)
	})
}

// FuzzNormalise: any text at all is normalised in the same way each time, the
// normal form is normal, and digits do not reach a template.
func FuzzNormalise(f *testing.F) {
	f.Add("main.f", "/src/x.go", "index 5 of 3")
	f.Add("a/b.(*T[...]).c.func1-range2", "main.go", `user "bob": k=v [1 2] {x} https://a.b/c`)
	f.Add("main.glob..func2", `C:\x.go`, "2026-11-20 at 10.0.0.1:80, bob@shop.example")
	f.Fuzz(func(t *testing.T, fn, file, message string) {
		name := normalFunc(fn, file)
		if name != normalFunc(fn, file) {
			t.Fatalf("not deterministic: %q", name)
		}
		pkg, rest := cutFunc(fn)
		if p, r, _ := scanFunc(fn); p != pkg || r != rest {
			t.Fatalf("%q is cut into %q, %q and %q, %q", fn, pkg, rest, p, r)
		}
		if _, _, plain := scanFunc(fn); plain && name != string(appendNormal(nil, pkg, rest, file)) {
			t.Fatalf("%q is taken for normal, but becomes %q", fn, appendNormal(nil, pkg, rest, file))
		}
		one := templateOf(message)
		if !utf8.ValidString(one) || len(one) > maxTemplate+100 {
			t.Fatalf("template %q", one)
		}
		other := strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return '0' + (r-'0'+3)%10
			}
			return r
		}, message)
		if utf8.ValidString(message) && one != templateOf(other) {
			t.Fatalf("numbers reach the template: %q, %q", one, templateOf(other))
		}
	})
}

// A crasher makes crashes from a seed.
type crasher struct{ *rand.Rand }

func newCrasher(seed int64) *crasher { return &crasher{rand.New(rand.NewSource(seed))} }

func (c *crasher) pick(list ...string) string { return list[c.Intn(len(list))] }

// scene is a crash in parts, so that each can be changed.
type scene struct {
	class   Class
	message string
	above   []Frame // deferred calls that ran because of the panic, and their panics
	cause   []Frame // of the runtime, between panic and the application
	leaf    []Frame
	round   []Frame // a recursion below the leaf, perhaps none
	rounds  int
	phase   int     // frames of the round that the recursion is past it at the top
	callers []Frame // below
	tail    []Frame // below a handler: middleware and the server
	id      int64
	others  []Goroutine
}

func (c *crasher) scene() *scene {
	s := &scene{id: c.Int63n(1 << 20), rounds: 4 + c.Intn(3)}
	class := c.Intn(3)
	s.class = []Class{"panic.nil_map", "panic.index", "panic.custom"}[class]
	s.message = []string{"assignment to entry in nil map", "runtime error: index out of range [5] with length 3", c.words()}[class]
	s.leaf = c.frames(1 + c.Intn(4))
	if c.Intn(2) == 0 {
		s.round = c.frames(1 + c.Intn(5))
		s.phase = c.Intn(len(s.round))
	}
	s.callers = append(c.frames(c.Intn(4)), c.frame("main.main"))
	for i := c.Intn(4); i > 0; i-- {
		s.others = append(s.others, Goroutine{ID: c.Int63n(1 << 20), State: c.pick("chan receive", "select", "IO wait", "sleep"), Frames: c.frames(1 + c.Intn(4))})
	}
	return s
}

// words is a message with a value in it.
func (c *crasher) words() string {
	return c.pick("load", "save", "close") + " " + c.pick("cart", "order", "user") + " " + fmt.Sprint(c.Intn(1000)) + ": " + c.pick("not found", "refused", "is gone")
}

func (c *crasher) frames(n int) []Frame {
	var all []Frame
	for i := 0; i < n; i++ {
		all = append(all, c.frame(""))
	}
	return all
}

// frame makes a frame of the application; its function's name is one of few, so
// that stacks come close to each other.
func (c *crasher) frame(fn string) Frame {
	if fn == "" {
		fn = c.pick("main", "example.com/shop/cart", "github.com/a-b/c/v2/d", "gopkg.in/x%2ev3") + "." +
			c.pick("a", "b", "c", "(*T).m", "T.n", "F[...]", "(*S[...]).m", "a.func1", "b.func2.1", "(*T).m.func3", "F[...].func1", "init.func4", "c-range1", "init.0")
	}
	pkg, _ := cutFunc(fn)
	return Frame{
		Func: fn, File: "/home/ann/src/" + pkg + "/" + string("xy"[len(fn)%2]) + ".go", Line: 1 + c.Intn(300),
		Args: c.pick("", "0x1, 0x2", "..."), Offset: uint32(c.Intn(500)),
	}
}

// report puts a scene together.
func (s *scene) report() *Report {
	g := Goroutine{ID: s.id, State: "running"}
	g.Frames = append(g.Frames, s.above...)
	g.Frames = append(g.Frames, Frame{Func: "panic", File: "/usr/local/go/src/runtime/panic.go", Line: 859})
	g.Frames = append(append(g.Frames, s.cause...), s.leaf...)
	for i := 0; i < s.rounds*len(s.round); i++ {
		g.Frames = append(g.Frames, s.round[(i+s.phase)%len(s.round)])
	}
	g.Frames = append(append(g.Frames, s.callers...), s.tail...)
	r := &Report{
		Kind: KindPanic, Class: s.class, Message: s.message, HasMessage: true, Panics: []Panic{{Message: s.message}},
		Goroutines: []Goroutine{g},
	}
	for _, other := range s.others {
		other.Frames = append([]Frame(nil), other.Frames...)
		r.Goroutines = append(r.Goroutines, other)
	}
	r.GoroutineCount = len(r.Goroutines)
	return r
}

// each calls f for each frame, of other goroutines too.
func (s *scene) each(f func(*Frame)) {
	parts := [][]Frame{s.leaf, s.round, s.callers, s.tail}
	for i := range s.others {
		parts = append(parts, s.others[i].Frames)
	}
	for _, part := range parts {
		for i := range part {
			f(&part[i])
		}
	}
}

// harmless are changes that belong to the occurrence or the build. Those marked
// lines change lines, and so the strict fingerprint.
var harmless = []struct {
	name   string
	lines  bool
	change func(c *crasher, s *scene)
}{
	{"addresses", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) { f.Args, f.Offset = c.pick("0xc0000", "..."), uint32(c.Intn(500)) })
	}},
	{"goroutine id", false, func(c *crasher, s *scene) { s.id += 7 }},
	{"order of other goroutines", false, func(c *crasher, s *scene) {
		c.Shuffle(len(s.others), func(i, j int) { s.others[i], s.others[j] = s.others[j], s.others[i] })
	}},
	{"fewer goroutines", false, func(c *crasher, s *scene) { s.others = nil }},
	{"lines of a file", true, func(c *crasher, s *scene) {
		file, by := c.pick("x.go", "y.go"), 1+c.Intn(50)
		s.each(func(f *Frame) {
			if baseName(f.File) == file {
				f.Line += by
			}
		})
	}},
	{"build directory", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) { f.File = strings.Replace(f.File, "/home/ann/src", "/build/7", 1) })
	}},
	{"-trimpath", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) { f.File = strings.TrimPrefix(f.File, "/home/ann/src/") })
	}},
	{"Windows", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) { f.File = "C:" + strings.ReplaceAll(f.File, "/", `\`) })
	}},
	{"closure numbers", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) { f.Func = strings.ReplaceAll(f.Func, ".func", ".func1") })
	}},
	{"type arguments", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) { f.Func = strings.ReplaceAll(f.Func, "[...]", "[go.shape.struct { a/b.C; n int }]") })
	}},
	{"major version", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) {
			f.Func = strings.Replace(strings.Replace(f.Func, "/v2/", "/v3/", 1), "%2ev3", "%2ev4", 1)
		})
	}},
	{"vendored", false, func(c *crasher, s *scene) {
		s.each(func(f *Frame) {
			if strings.HasPrefix(f.Func, "github.com") {
				f.Func = "example.com/shop/vendor/" + f.Func
			}
		})
	}},
	{"wrappers", false, func(c *crasher, s *scene) {
		s.callers = append(s.callers, Frame{Func: "main.main.gowrap1"}, Frame{Func: "runtime.goexit"})
		s.leaf = append([]Frame{{Func: "main.(*T).m-fm", File: "<autogenerated>", Line: 1}}, s.leaf...)
	}},
	{"frames of the runtime", false, func(c *crasher, s *scene) {
		s.cause = []Frame{{Func: "runtime.goPanicIndex"}, {Func: "runtime.panicBounds"}}
		s.callers = append(s.callers, Frame{Func: "runtime.main"})
	}},
	{"a guard", false, func(c *crasher, s *scene) {
		s.above = []Frame{{Func: "runtime/debug.Stack"}, c.frame("main.guard.func1"), {Func: "panic"}, c.frame("")}
	}},
	{"deeper recursion", false, func(c *crasher, s *scene) {
		if len(s.round)*(s.rounds+1)+len(s.leaf)+len(s.callers) < window {
			s.rounds++
		}
	}},
	{"phase of the recursion", false, func(c *crasher, s *scene) {
		if len(s.round) > 0 {
			s.phase++
		}
	}},
	{"values in the message", false, func(c *crasher, s *scene) {
		s.message = strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return '0' + (r-'0'+1)%10
			}
			return r
		}, s.message)
	}},
}

func checkInvariance(t *testing.T, seed int64) {
	c := newCrasher(seed)
	s := c.scene()
	if c.Intn(3) == 0 { // a handler: what called it does not count
		s.tail = append([]Frame{{Func: "net/http.HandlerFunc.ServeHTTP"}}, c.frames(c.Intn(3))...)
	}
	want := Fingerprint(s.report())
	if want != Fingerprint(s.report()) || len(want.Strict) != 16 || len(want.Tolerant) != 16 || want.Strict == want.Tolerant {
		t.Fatalf("fingerprints %+v", want)
	}
	hash := StackHash(s.report())
	before := FingerprintInputs(s.report())
	lines := false
	for _, i := range c.Perm(len(harmless))[:1+c.Intn(4)] {
		h := &harmless[i]
		if h.name == "phase of the recursion" && !s.periodic() {
			continue
		}
		h.change(c, s)
		lines = lines || h.lines
		r := s.report()
		got := Fingerprint(r)
		if got.Tolerant != want.Tolerant || StackHash(r) != hash || !lines && got.Strict != want.Strict {
			t.Fatalf("seed %d: %s reaches a fingerprint:\n%+v\n%+v", seed, h.name, before, FingerprintInputs(r))
		}
	}
	if len(s.tail) > 0 && s.callersAreHandlers() {
		s.tail = append(s.tail, c.frames(2)...)
		if Fingerprint(s.report()).Tolerant != want.Tolerant {
			t.Fatalf("seed %d: middleware reaches the fingerprint", seed)
		}
	}
}

// callersAreHandlers reports whether the tail is below a frame that counts.
func (s *scene) callersAreHandlers() bool { return len(s.leaf) > 0 }

// periodic reports whether neither what stands above the recursion nor what
// stands below goes on with it, so that its phase can be told from them.
func (s *scene) periodic() bool {
	in := make(map[string]bool)
	for i := range s.round {
		in[normalFunc(s.round[i].Func, s.round[i].File)] = true
	}
	for _, part := range [][]Frame{s.leaf, s.callers} {
		for i := range part {
			if in[normalFunc(part[i].Func, part[i].File)] {
				return false
			}
		}
	}
	return len(in) == len(s.round) && len(s.round)*(s.rounds+1)+len(s.leaf)+len(s.callers) < window
}

func checkDifference(t *testing.T, seed int64) {
	c := newCrasher(seed)
	base := c.scene()
	base.round = nil // so that no change disappears in a recursion
	for i := range base.leaf {
		base.leaf[i].Func = fmt.Sprintf("main.leaf%c", 'a'+i)
	}
	r := base.report()
	want := Fingerprint(r)
	in := FingerprintInputs(r)
	differs := func(what string, change func(s *scene)) {
		t.Helper()
		s := *base
		s.leaf = append([]Frame(nil), base.leaf...)
		change(&s)
		other := s.report()
		if got := Fingerprint(other); got.Tolerant == want.Tolerant || got.Strict == want.Strict {
			t.Fatalf("seed %d: %s does not reach the fingerprints:\n%+v\n%+v", seed, what, in, FingerprintInputs(other))
		}
	}
	at := c.Intn(len(base.leaf))
	differs("another function", func(s *scene) { s.leaf[at].Func = "main.other" })
	differs("another package", func(s *scene) { s.leaf[at].Func = "example.com/other." + s.leaf[at].Func[len("main."):] })
	differs("one more function", func(s *scene) { s.leaf = append(s.leaf, Frame{Func: "main.more"}) })
	differs("one function less", func(s *scene) { s.leaf = append(s.leaf[:at], s.leaf[at+1:]...) })
	differs("another class", func(s *scene) {
		s.class, s.message = "panic.divide", "runtime error: integer divide by zero"
	})
	if base.class == "panic.custom" {
		differs("another message", func(s *scene) { s.message = "what else " + s.message })
	}
	s := *base
	s.leaf = append([]Frame(nil), base.leaf...)
	s.leaf[at].Line += 1000
	if got := Fingerprint(s.report()); got.Tolerant != want.Tolerant || got.Strict == want.Strict {
		t.Fatalf("seed %d: a line reaches %v, before %v", seed, got, want)
	}
}

// checkText prints a crash as the runtime does and reads it again.
func checkText(t *testing.T, seed int64) {
	c := newCrasher(seed)
	s := c.scene()
	text := render(s.report(), c)
	r, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	want := s.report()
	if r.Class != want.Class || StackHash(r) != StackHash(want) || r.Fingerprints != Fingerprint(want) || len(r.Goroutines) != len(want.Goroutines) {
		t.Fatalf("seed %d: read as\n%+v\nis\n%+v\n%s", seed, FingerprintInputs(r), FingerprintInputs(want), text)
	}
	for _, i := range c.Perm(len(harmless))[:3] {
		h := &harmless[i]
		if h.lines || h.name == "phase of the recursion" {
			continue
		}
		h.change(c, s)
		text := render(s.report(), c)
		other, err := Parse(bytes.NewReader([]byte(text)))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if other.Fingerprints != r.Fingerprints {
			t.Fatalf("seed %d: %s reaches the fingerprint of the text\n%s", seed, h.name, text)
		}
	}
}

// render prints a report as the runtime prints a panic (runtime/panic.go,
// printpanics; runtime/traceback.go).
func render(r *Report, c *crasher) string {
	var b strings.Builder
	fmt.Fprintf(&b, "panic: %s\n", r.Message)
	for i := range r.Goroutines {
		g := &r.Goroutines[i]
		fmt.Fprintf(&b, "\ngoroutine %d [%s]:\n", g.ID, g.State)
		for _, f := range g.Frames {
			if f.Func == "panic" && f.Args == "" {
				f.Args = "{0x1, 0x2}"
			}
			if f.File == "" {
				f.File, f.Line = "/usr/local/go/src/runtime/x.go", 1
			}
			fmt.Fprintf(&b, "%s(%s)\n\t%s:%d", f.Func, f.Args, f.File, f.Line)
			if f.Args != "..." {
				fmt.Fprintf(&b, " +%#x", c.Intn(1000)+1)
			}
			b.WriteByte('\n')
		}
		if i > 0 {
			fmt.Fprintf(&b, "created by main.main in goroutine 1\n\t/home/ann/src/main/x.go:%d +0x1\n", i)
		}
	}
	b.WriteString("exit status 2\n")
	return b.String()
}

// FuzzSame: no two texts make the comparison panic, and it does not matter which
// of them comes first.
func FuzzSame(f *testing.F) {
	texts := func(seed int64) string {
		c := newCrasher(seed)
		return render(c.scene().report(), c)
	}
	for seed := int64(0); seed < 40; seed++ {
		f.Add([]byte(texts(seed)), []byte(texts(seed/2)))
	}
	for i, text := range oddities {
		f.Add([]byte(text), []byte(oddities[i/2]))
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		a, errA := Parse(bytes.NewReader(one))
		b, errB := Parse(bytes.NewReader(other))
		if errA != nil || errB != nil {
			return
		}
		checkSymmetry(t, a, b)
		if v := Same(a, a); !v.Same {
			t.Fatalf("a report is not the same as itself: %q", v.Reasons)
		}
	})
}

func checkSymmetry(t *testing.T, a, b *Report) {
	t.Helper()
	v, w := Same(a, b), Same(b, a)
	if v.Same != w.Same {
		t.Fatalf("same %v: %q\nthe other way round %v: %q", v.Same, v.Reasons, w.Same, w.Reasons)
	}
	if len(v.Reasons) == 0 {
		t.Fatal("no reason")
	}
	for i := range v.Rows {
		if v.Rows[i].A == nil && v.Rows[i].B == nil {
			t.Fatalf("row %d is in neither", i)
		}
	}
}

// A crash is the same as itself in another build, and another one is not.
func TestSameOfScenes(t *testing.T) {
	for seed := int64(0); seed < 500; seed++ {
		c := newCrasher(seed)
		s := c.scene()
		a := s.report()
		var changes []string
		for _, i := range c.Perm(len(harmless))[:3] {
			h := &harmless[i]
			if h.name == "closure numbers" || h.name == "addresses" { // alone they make it one build, and another closure
				continue
			}
			if h.name == "phase of the recursion" && !s.periodic() {
				continue
			}
			h.change(c, s)
			changes = append(changes, h.name)
		}
		if v := Same(a, s.report()); !v.Same {
			t.Errorf("seed %d: %s: %q", seed, changes, v.Reasons)
		}
		for i := range s.leaf {
			s.leaf[i] = c.frame("main.other" + string(rune('a'+i)))
		}
		if v := Same(a, s.report()); v.Same {
			t.Errorf("seed %d: another function: %q", seed, v.Reasons)
		}
		checkSymmetry(t, a, newCrasher(seed+1).scene().report())
	}
}
