package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// A Comparison says what changed between two toolchains for one scenario.
type Comparison struct {
	Scenario  string       `json:"scenario"`
	A         string       `json:"a"`
	B         string       `json:"b"`
	Row       []Change     `json:"row"` // fields that differ
	Path      []FuncChange `json:"path"`
	Calls     []CallChange `json:"calls"`
	Traceback TextChange   `json:"traceback"`
	NoPath    []Change     `json:"no_path,omitempty"`
	Varies    string       `json:"varies,omitempty"` // why two runs of one build may differ
}

// A Change is one field of a row.
type Change struct {
	Field string `json:"field"`
	A     string `json:"a"`
	B     string `json:"b"`
}

// A FuncChange is a function on the path of one toolchain or both.
type FuncChange struct {
	Func string `json:"func"`
	// Status is same, added (only on B's path), removed, or moved (in another
	// file).
	Status  string `json:"status"`
	A       string `json:"a,omitempty"` // "runtime/panic.go:720"
	B       string `json:"b,omitempty"`
	Added   int    `json:"lines_added"`
	Removed int    `json:"lines_removed"`
	// Compared is false where one side has no source to compare.
	Compared bool `json:"compared"`
	// Elsewhere says of an added or removed function that the other toolchain's
	// source has it all the same.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// Changed reports whether its source differs, comments and layout left out.
func (f *FuncChange) Changed() bool { return f.Added+f.Removed > 0 }

// ours reports whether a function is one of the lab's: its source is the same on
// all toolchains.
func ours(fn string) bool {
	return strings.HasPrefix(fn, "main.") || strings.HasPrefix(fn, modulePath)
}

// byChance reports whether a step may be another one in the next run: which way a
// thread came to notice a deadlock.
func (e *Explanation) byChance(s *Step) bool {
	return s.Part == partThread && e.Row.ClassifiedAs == "fatal.deadlock" && s.Func != "runtime.checkdead" && s.Func != "runtime.fatal"
}

// A CallChange is a call that a function makes a different number of times.
type CallChange struct {
	Func string `json:"func"`
	Call string `json:"call"`
	A    int    `json:"a"`
	B    int    `json:"b"`
}

// A TextChange is what a text has more and less, addresses left out.
type TextChange struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// Compare compares two explanations of one scenario.
func Compare(a, b *Explanation) *Comparison {
	c := &Comparison{Scenario: a.Scenario, A: a.Toolchain, B: b.Toolchain, Varies: a.Row.Varies}
	c.Row = append([]Change{}, rowChanges(a.Row, b.Row)...)
	if a.NoPath != b.NoPath {
		c.NoPath = []Change{{"path", a.NoPath, b.NoPath}}
	}
	c.Path = append([]FuncChange{}, pathChanges(a, b)...)
	c.Calls = append([]CallChange{}, callChanges(a, b)...)
	added, removed := diffLines(tracebackText(a), tracebackText(b))
	c.Traceback = TextChange{Added: append([]string{}, added...), Removed: append([]string{}, removed...)}
	return c
}

// Summary is the comparison in one sentence.
func (c *Comparison) Summary() string {
	changed := 0
	for i := range c.Path {
		if f := &c.Path[i]; f.Status != "same" || f.Changed() {
			changed++
		}
	}
	return fmt.Sprintf("%s of the row, %d of %s on the path, %s of the machine code and %s of the traceback differ.",
		plural(len(c.Row), "field"), changed, plural(len(c.Path), "function"), plural(len(c.Calls), "call"),
		plural(len(c.Traceback.Added)+len(c.Traceback.Removed), "line"))
}

func rowChanges(a, b *labrun.Row) []Change {
	signal := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	flag := func(b *bool) string {
		if b == nil {
			return "null"
		}
		return fmt.Sprint(*b)
	}
	var all []Change
	for _, f := range []Change{
		{"exit", string(a.Exit), string(b.Exit)},
		{"signal", signal(a.Signal), signal(b.Signal)},
		{"recovered", flag(a.Recovered), flag(b.Recovered)},
		{"recovered_value", a.Value, b.Value},
		{"guarded_exit", string(a.GuardedExit), string(b.GuardedExit)},
		{"deferred", fmt.Sprint(a.Deferred), fmt.Sprint(b.Deferred)},
		{"returned", fmt.Sprint(a.Returned), fmt.Sprint(b.Returned)},
		{"headline", a.Headline, b.Headline},
		{"crash_output", a.CrashOutput, b.CrashOutput},
		{"crash_output_lacks", strings.Join(a.Missing, "\n"), strings.Join(b.Missing, "\n")},
		{"stderr_traceback", fmt.Sprint(a.StderrTraceback), fmt.Sprint(b.StderrTraceback)},
		{"classified_as", a.ClassifiedAs, b.ClassifiedAs},
		{"expected_class", a.ExpectedClass, b.ExpectedClass},
	} {
		if f.A != f.B {
			all = append(all, f)
		}
	}
	return all
}

func pathChanges(a, b *Explanation) []FuncChange {
	var all []FuncChange
	seen := make(map[string]bool)
	find := func(e *Explanation, fn string) *Step {
		i := slices.IndexFunc(e.Path, func(s Step) bool { return s.Func == fn })
		if i < 0 {
			return nil
		}
		return &e.Path[i]
	}
	for _, s := range append(slices.Clone(a.Path), b.Path...) {
		if seen[s.Func] || ours(s.Func) || a.byChance(&s) {
			continue
		}
		seen[s.Func] = true
		from, to := find(a, s.Func), find(b, s.Func)
		f := FuncChange{Func: s.Func, Status: "same"}
		if from != nil {
			f.A = fmt.Sprintf("%s:%d", from.File, from.Line)
		}
		if to != nil {
			f.B = fmt.Sprintf("%s:%d", to.File, to.Line)
		}
		switch {
		case from == nil:
			f.Status, f.Elsewhere = "added", a.goroot.exists(s.Func)
		case to == nil:
			f.Status, f.Elsewhere = "removed", b.goroot.exists(s.Func)
		default:
			if from.File != to.File {
				f.Status = "moved"
			}
			if from.decl != nil && to.decl != nil {
				added, removed := diffLines(from.decl.normal(), to.decl.normal())
				f.Added, f.Removed, f.Compared = len(added), len(removed), true
			} else if s.Func == "runtime.sigtable" {
				added, removed := diffLines(quoteText(from), quoteText(to))
				f.Added, f.Removed, f.Compared = len(added), len(removed), true
			}
		}
		all = append(all, f)
	}
	return all
}

func quoteText(s *Step) []string {
	var out []string
	for _, q := range s.Quotes {
		out = append(out, q.Text)
	}
	return out
}

func callChanges(a, b *Explanation) []CallChange {
	var all []CallChange
	calls := func(e *Explanation) map[[2]string]int {
		m := make(map[[2]string]int)
		for i := range e.Routines {
			for name, n := range e.Routines[i].calls {
				m[[2]string{anyInit(e.Routines[i].Func), anyInit(name)}] += n
			}
		}
		return m
	}
	x, y := calls(a), calls(b)
	var keys [][2]string
	for k := range x {
		keys = append(keys, k)
	}
	for k := range y {
		if _, both := x[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b [2]string) int { return strings.Compare(a[0]+" "+a[1], b[0]+" "+b[1]) })
	for _, k := range keys {
		if x[k] != y[k] {
			all = append(all, CallChange{k[0], k[1], x[k], y[k]})
		}
	}
	return all
}

// anyInit leaves out the number of an init function, which counts those of the
// package.
func anyInit(name string) string { return initNumber.ReplaceAllString(name, ".init.N") }

var initNumber = regexp.MustCompile(`\.init\.[0-9]+`)

// What differs between any two runs, or builds, says nothing.
var (
	numbers   = regexp.MustCompile(`0x[0-9a-f]+`)
	offset    = regexp.MustCompile(` \+0x\?.*$`)
	goNumber  = regexp.MustCompile(`^goroutine \d+`)
	inNumber  = regexp.MustCompile(`in goroutine \d+$`)
	stdLine   = regexp.MustCompile(`(\.(?:go|s)):\d+$`)
	callWords = regexp.MustCompile(`\((?:0x\?|[{}, ?._]|\.\.\.)*\)$`)
)

func tracebackText(e *Explanation) []string {
	var out []string
	for _, l := range e.Traceback {
		t := numbers.ReplaceAllString(l.Text, "0x?")
		t = goNumber.ReplaceAllString(t, "goroutine N")
		t = inNumber.ReplaceAllString(t, "in goroutine N")
		if strings.HasPrefix(t, "\t") {
			t = offset.ReplaceAllString(t, "")
			if !strings.Contains(t, modulePath) {
				t = stdLine.ReplaceAllString(t, "$1") // lines of the standard library move
			}
		}
		t = anyInit(t)
		t = callWords.ReplaceAllString(t, "(...)")
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// diffLines returns the lines that only b has, and those that only a has, by a
// longest common subsequence. Functions and tracebacks are short.
func diffLines(a, b []string) (added, removed []string) {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			removed = append(removed, a[i])
			i++
		default:
			added = append(added, b[j])
			j++
		}
	}
	return added, removed
}
