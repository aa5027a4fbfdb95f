package crash

import (
	"fmt"
	"strings"
)

// A Verdict says whether two reports are one issue, and why.
type Verdict struct {
	Same    bool     `json:"same"`
	Reasons []string `json:"reasons"` // what decided, in words; never empty
	A       Inputs   `json:"a"`
	B       Inputs   `json:"b"`
	Rows    []Row    `json:"rows"` // the stacks side by side
}

// Same compares two reports. It begins with what the tolerant fingerprint is
// made of and goes further where a pair says more than a report alone: what
// moved between two builds and what did not, parts of a stack that one report
// does not show, functions that only recovered the panic, words of a message
// that no rule knows to leave out.
func Same(a, b *Report) Verdict { return SameWith(a, b, Evidence{}) }

type comparison struct {
	a, b     *side
	evidence Evidence
	refs     []lineRef
	moved    bool // files of one function have other paths
	reasons  []string
}

func (c *comparison) say(format string, args ...any) {
	c.reasons = append(c.reasons, fmt.Sprintf(format, args...))
}

func (c *comparison) verdict() Verdict {
	stacks, place := c.stacks()
	family := c.family(stacks)
	message := c.message(stacks, place)
	waits := stacks && family && c.waits()
	return Verdict{
		Same:    stacks && family && message && waits && place != otherStatement,
		Reasons: c.reasons, A: c.a.in, B: c.b.in, Rows: sideBySide(c.a, c.b),
	}
}

// stacks compares where the reports crashed: the functions, and then the
// statement.
func (c *comparison) stacks() (same bool, place relation) {
	x, y := c.a.stacks, c.b.stacks
	if len(x) == 2 && len(y) == 2 { // a race: which access came first is chance
		_, straight, _ := align(&x[0], &y[0], false)
		_, crossed, _ := align(&x[0], &y[1], false)
		if crossed && !straight {
			y = []stackSide{y[1], y[0]}
		}
	}
	same = len(x) == len(y)
	nothing := true
	for i := 0; i < len(x) && i < len(y); i++ {
		if len(x[i].elements)+len(y[i].elements) == 0 {
			continue
		}
		nothing = false
		ok, rel := c.stack(&x[i], &y[i])
		same = same && ok
		if rel == otherStatement || place == unknown {
			place = rel
		}
	}
	if nothing {
		same = equalStrings(c.a.in.Frames, c.b.in.Frames)
		switch {
		case len(c.a.in.Frames)+len(c.b.in.Frames) == 0:
			c.say("neither report has a stack")
		case same:
			c.say("both crashed in %s, with no function of the application", c.a.in.Frames[0])
		default:
			c.say("the stacks differ: %q, %q", c.a.in.Frames, c.b.in.Frames)
		}
	}
	return same, place
}

func (c *comparison) stack(x, y *stackSide) (same bool, place relation) {
	overflow := c.a.class == "fatal.stack_overflow" && c.a.class == c.b.class
	pairs, same, why := align(x, y, overflow)
	if names := append(append([]string(nil), x.guards...), y.guards...); !same && len(names) > 0 {
		u, hadX := x.without(names)
		v, hadY := y.without(names)
		if p, ok, _ := align(&u, &v, overflow); ok {
			x, y, pairs, same = &u, &v, p, true
			why = fmt.Sprintf("the stacks are equal but for %s, which only had a deferred call", max(hadX, hadY))
		}
	}
	if !same {
		c.say("%s", why)
		return false, unknown
	}
	if why != "" {
		c.say("%s", why)
	}
	place = unknown
	for _, i := range places(x, y, pairs, overflow) {
		rel, why := c.statement(&x.elements[pairs[i][0]], &y.elements[pairs[i][1]], x.start, y.start)
		if rel == otherStatement {
			c.say("the statements differ: %s", why)
			return true, otherStatement
		}
		if why != "" {
			c.say("%s", why)
		}
		if i == 0 {
			place = rel
		}
	}
	if why == "" {
		if equalStrings(c.a.in.Lines, c.b.in.Lines) {
			c.say("the stacks are equal, lines included")
		} else {
			c.say("the stacks are equal once lines, closure numbers and recursion are left out")
		}
	}
	return true, place
}

// places returns which pairs of elements say where the bug is: the first one;
// if that is a helper that turns errors into panics, or belongs to a dependency,
// the first one that called it, too. Of a recursion without end it is all.
func places(x, y *stackSide, pairs [][2]int, overflow bool) []int {
	if len(pairs) == 0 {
		return nil
	}
	var at []int
	if overflow {
		for i := range pairs {
			at = append(at, i)
		}
		return at
	}
	at = append(at, 0)
	ownX, ownY := ownModule(x.elements), ownModule(y.elements)
	for i, p := range pairs {
		e, f := &x.elements[p[0]], &y.elements[p[1]]
		if !isHelper(e.name) && !isDependency(e.frames[0], ownX) && !isDependency(f.frames[0], ownY) {
			if i > 0 {
				at = append(at, i)
			}
			break
		}
	}
	return at
}

// isHelper reports whether a function's name says that it panics for others.
func isHelper(name string) bool {
	name = strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	for _, word := range [...]string{"must", "check", "assert", "panic", "fatal", "fail", "die", "ensure", "require", "expect", "verify", "throw", "abort", "unwrap"} {
		if i := strings.Index(name, word); i >= 0 && (i == 0 || !isWord(name[i-1]) || word == "must" || word == "panic" || word == "assert") {
			return true
		}
	}
	return false
}

// ownModule guesses the import path that the application's packages share: the
// root of the deepest package that is not main.
func ownModule(elements []element) string {
	for i := len(elements) - 1; i >= 0; i-- {
		if pkg, _ := cutFunc(elements[i].frames[0].Func); pkg != "" && pkg != "main" {
			return moduleRoot(pkg)
		}
	}
	return ""
}

// moduleRoot is as much of an import path as a module's path usually has.
func moduleRoot(pkg string) string {
	n := 2
	if strings.HasPrefix(pkg, "github.com/") {
		n = 3
	}
	for i := 0; i < len(pkg); i++ {
		if pkg[i] == '/' {
			if n--; n == 0 {
				return pkg[:i]
			}
		}
	}
	return pkg
}

func isDependency(f *Frame, own string) bool {
	pkg, _ := cutFunc(f.Func)
	if pkg == "main" {
		return false
	}
	return strings.Contains(f.File, "/pkg/mod/") || strings.Contains(f.File, "/vendor/") || moduleRoot(pkg) != own
}

// family compares the classes. Where a report has no message, its class may be
// no more than what is left.
func (c *comparison) family(sameStack bool) bool {
	x, y := c.a.in.Family, c.b.in.Family
	if x == y && c.a.class != c.b.class && c.a.r.Kind == KindFatal && c.a.r.HasMessage && c.b.r.HasMessage && !(isMapRace(c.a.class) && isMapRace(c.b.class)) {
		c.say("the classes differ: %s and %s", c.a.class, c.b.class)
		return false
	}
	if x == y {
		c.say("both are %s", x)
		return true
	}
	if c.a.r.Kind == c.b.r.Kind && sameStack && (!c.a.r.HasMessage && isGuess(x) || !c.b.r.HasMessage && isGuess(y)) {
		c.say("the class of the report without a message is a guess")
		return true
	}
	c.say("the classes differ: %s and %s", x, y)
	return false
}

// isMapRace reports whether a class is one of those that a map used by several
// goroutines shows as: which two operations met is chance.
func isMapRace(class Class) bool {
	return strings.HasPrefix(string(class), "fatal.concurrent_map")
}

// isGuess reports whether a family is what a report is given when nothing tells.
func isGuess(family string) bool {
	return family == "panic.custom" || family == "fatal.runtime" || family == familyHeadless
}

// message compares the messages: an other one comes from an other statement.
func (c *comparison) message(sameStack bool, place relation) bool {
	x, y := c.a.in.Template, c.b.in.Template
	switch {
	case x == y && x != "":
		c.say("the messages follow one template: %s", x)
	case x == y:
	case c.a.r.HasMessage != c.b.r.HasMessage && sameStack && len(c.a.in.Frames) > 0:
		c.say("one report has no message to compare")
	case similar(x, y) && sameStack && place == sameStatement:
		c.say("the messages are alike: %s; %s", x, y)
	default:
		c.say("the messages differ: %s; %s", x, y)
		return false
	}
	return true
}

// waits compares the other goroutines of two deadlocks: the one that the runtime
// shows first may be waiting for them, in both. Of two tests that timed out it
// compares which tests were running, where the messages do not say, as until
// Go 1.19.
func (c *comparison) waits() bool {
	if c.a.class != c.b.class {
		return true
	}
	var x, y map[string]bool
	what := ""
	switch {
	case c.a.class == "fatal.deadlock":
		if p, q := c.a.crashState(), c.b.crashState(); otherWait(p, q) {
			c.say("the first goroutine waits for %s in the first, for %s in the second", p, q)
			return false
		}
		x, y, what = c.a.waiting(), c.b.waiting(), "the other goroutines wait in"
	case c.a.class == "panic.test_timeout" && c.a.in.Template+c.b.in.Template == "":
		x, y, what = c.a.tests(), c.b.tests(), "the running tests are"
	}
	if len(x) == 0 || len(y) == 0 {
		return true
	}
	for name := range x {
		if y[name] {
			return true
		}
	}
	c.say("%s %s in the first, %s in the second", what, anyOf(x), anyOf(y))
	return false
}

// crashState is what the goroutine that the runtime shows first does.
func (s *side) crashState() string {
	if g := s.r.CrashGoroutine(); g != nil {
		return g.State
	}
	return ""
}

// otherWait reports whether two wait reasons are of two things. Until Go 1.23 a
// WaitGroup, and until Go 1.17 a Mutex, was waited for as [semacquire].
func otherWait(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	isSync := func(state string) bool { return state == "semacquire" || strings.HasPrefix(state, "sync.") }
	return !isSync(a) || !isSync(b) || a != "semacquire" && b != "semacquire"
}

// tests returns the tests that have a goroutine.
func (s *side) tests() map[string]bool {
	all := make(map[string]bool)
	for i := range s.r.Goroutines[:min(len(s.r.Goroutines), maxRefGoroutines)] {
		frames := s.r.Goroutines[i].Frames
		for j := 1; j < len(frames); j++ {
			if frames[j].Func == "testing.tRunner" {
				all[normalFunc(frames[j-1].Func, frames[j-1].File)] = true
			}
		}
	}
	return all
}

// waiting returns the functions of the application in which goroutines other
// than the crashing one wait.
func (s *side) waiting() map[string]bool {
	all := make(map[string]bool)
	for i := range s.r.Goroutines[:min(len(s.r.Goroutines), maxRefGoroutines)] {
		g := &s.r.Goroutines[i]
		if i == s.r.Crash || backgroundState(g.State) {
			continue
		}
		for j := range g.Frames {
			if f := &g.Frames[j]; IsApp(f.Func) {
				all[normalFunc(f.Func, f.File)] = true
				break
			}
		}
	}
	return all
}

// anyOf returns the first of some names.
func anyOf(names map[string]bool) string {
	first := ""
	for name := range names {
		if first == "" || name < first {
			first = name
		}
	}
	return first
}

func equalStrings(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// similar reports whether two templates share most of their words: the rest may
// be names that no rule knows to leave out.
func similar(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) < 3 || len(y) < 3 {
		return false
	}
	count := make(map[string]int)
	for _, w := range x {
		count[w]++
	}
	shared := 0
	for _, w := range y {
		if count[w] > 0 {
			count[w]--
			shared++
		}
	}
	return 10*shared >= 7*max(len(x), len(y))
}
