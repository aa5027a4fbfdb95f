package explain

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/lab/scenario"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

var sharedDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "backstop-explaintest-")
	if err != nil {
		panic(err)
	}
	sharedDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// explained explains with the local toolchain, or with the newest of a release.
func explained(t *testing.T, name, release string) *Explanation {
	t.Helper()
	ctx := context.Background()
	if release == "" {
		release = labrun.Local()
	}
	names, err := labrun.Select(release)
	if err != nil {
		t.Fatal(err)
	}
	crashtest.NeedToolchain(t, names[0])
	tool, err := labrun.FindToolchain(ctx, names[0])
	if err != nil {
		t.Fatal(err)
	}
	l, err := labrun.Open(labrun.Options{Dir: filepath.Join(sharedDir, "lab")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Make(ctx, l, tool, s, labrun.Setting{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func step(e *Explanation, fn string) *Step {
	i := slices.IndexFunc(e.Path, func(s Step) bool { return s.Func == fn })
	if i < 0 {
		return nil
	}
	return &e.Path[i]
}

func pathOf(e *Explanation) []string {
	var all []string
	for _, s := range e.Path {
		all = append(all, s.Func)
	}
	return all
}

// inOrder reports whether words come one behind the other.
func inOrder(all []string, words ...string) bool {
	for _, a := range all {
		if len(words) > 0 && a == words[0] {
			words = words[1:]
		}
	}
	return len(words) == 0
}

func TestPanic(t *testing.T) {
	e := explained(t, "send-closed-chan", "")
	if len(e.Source) == 0 || e.Source[0].Func != "sendClosedChan" || !strings.Contains(strings.Join(e.Source[0].Lines, "\n"), "close(") {
		t.Errorf("source %+v", e.Source)
	}
	if !inOrder(pathOf(e), "main.sendClosedChan", "runtime.chansend", "runtime.gopanic", "runtime.fatalpanic", "runtime.exit", "runtime.gorecover", "runtime.recovery") {
		t.Errorf("path %v", pathOf(e))
	}
	// What is claimed of the runtime stands in the toolchain at that place.
	for _, s := range e.Path {
		if s.decl == nil {
			continue
		}
		if s.Line < 1 || s.End < s.Line || !strings.Contains(s.decl.lines[s.Line-1], s.Func[strings.LastIndexByte(s.Func, '.')+1:]) {
			t.Errorf("%s is not declared at %s:%d", s.Func, s.File, s.Line)
		}
		for _, q := range s.Quotes {
			if !strings.HasPrefix(s.decl.text(q.Line), strings.TrimSuffix(q.Text, "…")) || q.Line < s.Line || q.Line > s.End {
				t.Errorf("%s: %q is not on line %d", s.Func, q.Text, q.Line)
			}
		}
		if s.Caller != "" {
			name := s.Func[strings.LastIndexByte(s.Func, '.')+1:]
			if c := step(e, s.Caller); c == nil || !strings.Contains(c.decl.text(s.CallLine), name) {
				t.Errorf("%s is not called by %s at line %d", s.Func, s.Caller, s.CallLine)
			}
		}
	}
	checkCode(t, e, "main.sendClosedChan", "waits", "runtime.chansend1")
	checkCode(t, e, modulePath+"harness.try.func1", "call", "runtime.gorecover")
	try := routine(e, modulePath+"harness.try")
	if try == nil || !strings.Contains(strings.Join(try.Notes, " "), "open-coded") {
		t.Errorf("the guard: %+v", try)
	}
}

func routine(e *Explanation, fn string) *Routine {
	i := slices.IndexFunc(e.Routines, func(r Routine) bool { return r.Func == fn })
	if i < 0 {
		return nil
	}
	return &e.Routines[i]
}

func checkCode(t *testing.T, e *Explanation, fn, mark, call string) {
	t.Helper()
	r := routine(e, fn)
	if r == nil || !slices.ContainsFunc(r.Code, func(in Instruction) bool { return in.Mark == mark && strings.HasPrefix(in.Call, call) }) {
		t.Errorf("%s has no %s marked %q: %+v", fn, call, mark, r)
	}
}

func TestFault(t *testing.T) {
	e := explained(t, "nil-deref", "")
	if !inOrder(pathOf(e), "main.nilDeref", "runtime.sigtramp", "runtime.sighandler", "runtime.(*sigctxt).preparePanic", "runtime.sigpanic", "runtime.panicmem", "runtime.gopanic") {
		t.Errorf("path %v", pathOf(e))
	}
	checkCode(t, e, "main.nilDeref", "fault", "")
	if q := question(e, "called runtime.gopanic"); q == nil || !q.Right("panicmem") || !q.Right("runtime.panicmem()") || q.Right("panicdivide") {
		t.Errorf("question %+v", q)
	}
}

func question(e *Explanation, words string) *Question {
	i := slices.IndexFunc(e.Questions, func(q Question) bool { return strings.Contains(q.Ask, words) })
	if i < 0 {
		return nil
	}
	return &e.Questions[i]
}

func TestFatal(t *testing.T) {
	e := explained(t, "mutex-unlock", "")
	path := pathOf(e)
	if !inOrder(path, "main.mutexUnlock", "runtime.fatal", "runtime.fatalthrow", "runtime.dopanic_m", "runtime.exit") || slices.Contains(path, "runtime.gopanic") || slices.Contains(path, "runtime.gorecover") {
		t.Errorf("path %v", path)
	}
	if q := question(e, "recover"); q == nil || !q.Right("No") || q.Right("yes") {
		t.Errorf("question %+v", q)
	}
	// The line that the crash output lacks is asked for, and marked.
	const lost = "fatal error: sync: unlock of unlocked mutex"
	if q := question(e, "SetCrashOutput"); q == nil || !q.Right(lost) {
		t.Errorf("question %+v", q)
	}
	if len(e.Traceback) == 0 || e.Traceback[0].Text != lost || !strings.Contains(e.Traceback[0].Says, "SetCrashOutput does not get") {
		t.Errorf("traceback %+v", e.Traceback[0])
	}
}

func TestDeadlock(t *testing.T) {
	e := explained(t, "deadlock-nil-chan", "")
	if path := pathOf(e); !inOrder(path, "runtime.gopark", "runtime.checkdead", "runtime.fatal", "runtime.exit") {
		t.Errorf("path %v", path)
	}
}

// TestNoPath: where no instruction of Go ran, that is said.
func TestNoPath(t *testing.T) {
	e := explained(t, "sig-kill", "")
	if e.NoPath == "" || step(e, "runtime.sighandler") != nil || len(e.Traceback) > 0 && e.Traceback[0].Text != "signal: SIGKILL" {
		t.Errorf("%q, %v, %+v", e.NoPath, pathOf(e), e.Traceback)
	}
	if q := question(e, "Which signal"); q == nil || !q.Right("kill") {
		t.Errorf("%+v", e.Questions)
	}
	e = explained(t, "sig-term", "")
	if e.NoPath != "" || !inOrder(pathOf(e), "runtime.sighandler", "runtime.dieFromSignal", "runtime.raise") {
		t.Errorf("%q, %v", e.NoPath, pathOf(e))
	}
}

// TestText is the view of a person at a terminal of 80 columns.
func TestText(t *testing.T) {
	for _, name := range []string{"repanic-same", "sig-abrt"} {
		e := explained(t, name, "")
		var b bytes.Buffer
		if err := e.Write(&b, Style{}); err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(b.String(), "\n") {
			if utf8.RuneCountInString(l) > 80 || strings.Contains(l, "\x1b") {
				t.Errorf("%s: %q", name, l)
			}
		}
		for _, h := range []string{"\n1  ", "\n2  ", "\n3  ", "\n4  ", "\n5  ", "\n6  "} {
			if !strings.Contains(b.String(), h) {
				t.Errorf("%s: no section %q", name, h)
			}
		}
		if n := len(e.Questions); n < 3 || n > 5 {
			t.Errorf("%s: %d questions", name, n)
		}
		for _, q := range e.Questions {
			if !q.Right(q.Answer) || q.Right("") {
				t.Errorf("%s: %+v", name, q)
			}
			if strings.Contains(b.String(), "("+q.Look+")") {
				t.Errorf("%s: an answer is shown", name)
			}
		}
	}
}

// TestSays: every line of a traceback that is not blank, a position or a repeated
// kind of line has its meaning.
func TestSays(t *testing.T) {
	e := explained(t, "repanic-same", "")
	for i, l := range e.Traceback {
		switch {
		case strings.Contains(l.Text, "panic: ") || strings.HasPrefix(l.Text, "goroutine ") || strings.HasPrefix(l.Text, "exit status"):
			if l.Says == "" {
				t.Errorf("line %d, %q, is not explained", i+1, l.Text)
			}
		case strings.HasPrefix(l.Text, "\t") && l.Source == "":
			t.Errorf("line %d, %q: no source", i+1, l.Text)
		}
	}
}

func TestCompare(t *testing.T) {
	a, b := explained(t, "repanic-same", "1.21"), explained(t, "repanic-same", "1.26")
	c := Compare(a, b)
	if i := slices.IndexFunc(c.Row, func(f Change) bool { return f.Field == "headline" }); i < 0 || !strings.HasSuffix(c.Row[i].B, "[recovered, repanicked]") {
		t.Errorf("row %+v", c.Row)
	}
	status := make(map[string]FuncChange)
	for _, f := range c.Path {
		status[f.Func] = f
	}
	if f := status["runtime.(*_panic).nextDefer"]; f.Status != "added" || f.Elsewhere {
		t.Errorf("%+v", f)
	}
	if f := status["runtime.addOneOpenDeferFrame"]; f.Status != "removed" || f.Elsewhere {
		t.Errorf("%+v", f)
	}
	if f := status["runtime.gorecover"]; f.Status != "same" || !f.Compared || !f.Changed() {
		t.Errorf("%+v", f)
	}
	if f := status["runtime.exit"]; !f.Compared || f.Changed() {
		t.Errorf("%+v", f)
	}
	if !slices.ContainsFunc(c.Traceback.Added, func(l string) bool { return strings.Contains(l, "repanicked") }) {
		t.Errorf("traceback %+v", c.Traceback)
	}
	if same := Compare(b, b); len(same.Row)+len(same.Calls)+len(same.Traceback.Added)+len(same.Traceback.Removed) > 0 {
		t.Errorf("against itself: %+v", same)
	}
	var text bytes.Buffer
	if err := c.Write(&text, Style{}); err != nil || !strings.Contains(text.String(), "exists no longer") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

// TestOlder looks at what older releases do in another way: a frame's arguments
// decide whether recover works.
func TestOlder(t *testing.T) {
	e := explained(t, "panic-string", "1.22")
	g := step(e, "runtime.gorecover")
	if g == nil || !strings.Contains(g.Says, "argument pointer") {
		t.Errorf("%+v", g)
	}
}

func TestJSON(t *testing.T) {
	e := explained(t, "send-closed-chan", "")
	e.HideAnswers()
	text, err := json.Marshal(e)
	if err != nil || bytes.Contains(text, []byte(`"answer":`)) || bytes.Contains(text, []byte(`null,"crash`)) {
		t.Errorf("%v %s", err, text)
	}
	var b strings.Builder
	if err := e.WriteHTML(&b, false); err != nil || strings.Count(b.String(), "<h2") != 6 {
		t.Errorf("%v %s", err, b.String())
	}
}

func TestParseObjdump(t *testing.T) {
	code := parseObjdump("TEXT main.f(SB) x/y.go\n  y.go:7\t\t0x4a3b60\t\te8d8c1f6ff\t\tCALL runtime.gopanic(SB)\t\n  y.go:8\t\t0x4a3b65\t\tffd0\t\t\tCALL AX\t\n  garbage\n\nTEXT main.g.func1(SB) x/y.go\n  y.go:9\t\t0x10\t\tc3\t\tRET\t\n")
	f := code["main.f"]
	if len(f) != 2 || f[0].Call != "runtime.gopanic" || f[0].Line != 7 || f[0].Addr != 0x4a3b60 || f[1].Call != "AX" || len(code["main.g.func1"]) != 1 {
		t.Errorf("%+v", code)
	}
}

// TestElsewhere asks about the release that differs, and not about one that agrees.
func TestElsewhere(t *testing.T) {
	yes, no := true, false
	here := &labrun.Row{Toolchain: "go1.26.1", Exit: "2", Recovered: &no}
	others := []labrun.Row{
		{Toolchain: "go1.21.1", Exit: "2", Recovered: &no}, {Toolchain: "go1.23.1", Exit: "2", Recovered: &yes}, {Toolchain: "go1.24.1", Exit: "3", Recovered: &no},
	}
	if q := elsewhere(here, others); q == nil || !strings.Contains(q.Ask, "go1.23.1") || !q.Right("yes") || q.Right("no") {
		t.Errorf("%+v", q)
	}
	if q := elsewhere(here, others[2:]); q == nil || !q.Right("3") {
		t.Errorf("%+v", q)
	}
	if q := elsewhere(here, others[:1]); q != nil {
		t.Errorf("%+v", q)
	}
}

func TestSplitFunc(t *testing.T) {
	for _, c := range [][3]string{
		{"runtime.gopanic", "runtime", "gopanic"},
		{"runtime.(*_panic).nextDefer", "runtime", "(*_panic).nextDefer"},
		{"internal/runtime/maps.(*Map).PutSlot", "internal/runtime/maps", "(*Map).PutSlot"},
		{"sync.(*Once).doSlow.deferwrap1", "sync", "(*Once).doSlow"},
		{"iter.Pull[...].func1", "iter", "Pull"},
		{"panic", "", "panic"},
	} {
		if dir, name := splitFunc(c[0]); dir != c[1] || name != c[2] {
			t.Errorf("%s: %q %q", c[0], dir, name)
		}
	}
}

func TestDiffLines(t *testing.T) {
	added, removed := diffLines([]string{"a", "b", "c"}, []string{"a", "x", "c", "d"})
	if !slices.Equal(added, []string{"x", "d"}) || !slices.Equal(removed, []string{"b"}) {
		t.Errorf("%q %q", added, removed)
	}
}
