package claims

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/lab/claim"
)

// Package claim is outside the workspace; what tests it stands here.

var probed = claim.Probed("p", "k")

// world gives a value to probe p for each of some releases from 1.21 on; "" is
// not measured.
func world(values ...string) map[claim.Cell]claim.Values {
	cells := make(map[claim.Cell]claim.Values)
	for i, v := range values {
		value := claim.Value{Text: v}
		if v == "" {
			value.NotRun = "no such toolchain"
		}
		cells[claim.Cell{Toolchain: fmt.Sprintf("go1.%d.1", 21+i), Minor: 21 + i}] = claim.Values{probed.ID(): value}
	}
	return cells
}

func TestJudge(t *testing.T) {
	is := func(want string) []claim.Check {
		return []claim.Check{{Shows: "it is", Measure: probed, Op: claim.Is, Want: want}}
	}
	from := func(minor int, checks []claim.Check) []claim.Check {
		for i := range checks {
			checks[i].Min = minor
		}
		return checks
	}
	tests := []struct {
		name    string
		claim   claim.Claim
		cells   map[claim.Cell]claim.Values
		verdict claim.Verdict
	}{
		{"holds everywhere", claim.Claim{Literal: is("yes")}, world("yes", "yes"), claim.True},
		{"holds nowhere", claim.Claim{Literal: is("yes")}, world("no", "no"), claim.False},
		{"holds on one", claim.Claim{Literal: is("yes")}, world("no", "yes"), claim.VersionDependent},
		{"conclusion wrong", claim.Claim{Literal: is("yes"), Implied: is("no")}, world("yes", "yes"), claim.Misleading},
		{"conclusion right", claim.Claim{Literal: is("yes"), Implied: is("yes")}, world("yes", "yes"), claim.True},
		{"conclusion depends", claim.Claim{Literal: []claim.Check{{Shows: "it is", Measure: probed, Op: claim.Matches, Want: "yes|no"}}, Implied: is("no")}, world("yes", "no"), claim.VersionDependent},
		{"wrong conclusion of a false one", claim.Claim{Literal: is("yes"), Implied: is("yes")}, world("no"), claim.False},
		{"not measured", claim.Claim{Literal: is("yes")}, world("", ""), claim.NotRun},
		{"measured on one", claim.Claim{Literal: is("yes")}, world("", "yes"), claim.True},
		{"concerns newer releases only", claim.Claim{Literal: from(22, is("yes"))}, world("no", "yes"), claim.True},
		{"concerns none of them", claim.Claim{Literal: from(30, is("yes"))}, world("no", "yes"), claim.NotRun},
		{"cannot be tested", claim.Claim{Untestable: "nobody knows"}, world("yes"), claim.Untestable},
		{"one check fails, another was not measured", claim.Claim{Literal: append(is("yes"), claim.Check{Shows: "more", Measure: claim.Probed("q", "k"), Op: claim.Is, Want: "yes"})}, world("no"), claim.False},
		{"one check holds, another was not measured", claim.Claim{Literal: append(is("yes"), claim.Check{Shows: "more", Measure: claim.Probed("q", "k"), Op: claim.Is, Want: "yes"})}, world("yes"), claim.NotRun},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := tt.claim.Judge(tt.cells)
			if err != nil || got != tt.verdict {
				t.Errorf("got %q, %v, want %q", got, err, tt.verdict)
			}
		})
	}
	if _, _, err := (&claim.Claim{ID: "x"}).Judge(world("yes")); err == nil {
		t.Error("a claim without checks was judged")
	}
}

func TestJudgeSettings(t *testing.T) {
	nilValues := claim.Variant{Env: "GODEBUG=panicnil=1"}
	c := claim.Claim{
		Literal:  []claim.Check{{Shows: "it is", Measure: probed, Op: claim.Is, Want: "yes"}},
		Variants: []claim.Variant{nilValues},
	}
	cells := world("yes")
	cells[claim.Cell{Toolchain: "go1.21.1", Minor: 21, Variant: nilValues}] = claim.Values{probed.ID(): {Text: "no"}}
	got, evidence, err := c.Judge(cells)
	if err != nil || got != claim.VersionDependent {
		t.Errorf("got %q, %v, want a verdict that depends on the setting", got, err)
	}
	if len(evidence) != 2 || evidence[1].Setting != "GODEBUG=panicnil=1" || evidence[1].Holds {
		t.Errorf("evidence %+v", evidence)
	}

	// A check under a setting of its own looks there, whatever the cell's is.
	under := claim.Check{Shows: "it is", Measure: probed, Op: claim.Is, Want: "no", Under: nilValues}
	c = claim.Claim{Literal: []claim.Check{under}}
	cells = world("yes")
	for _, values := range cells {
		values[under.ID()] = claim.Value{Text: "no"}
	}
	if got, _, err := c.Judge(cells); err != nil || got != claim.True {
		t.Errorf("got %q, %v, want true", got, err)
	}
}

func TestHolds(t *testing.T) {
	tests := []struct {
		op          claim.Op
		want, value string
		holds       bool
	}{
		{claim.Is, "a", "a", true},
		{claim.Is, "a", "b", false},
		{claim.IsNot, "a", "b", true},
		{claim.IsNot, "a", "a", false},
		{claim.Matches, "^a+$", "aa", true},
		{claim.Matches, "^a+$", "ab", false},
		{claim.Lacks, "b", "aa", true},
		{claim.Lacks, "b", "ab", false},
		{claim.AtLeast, "2", "2", true},
		{claim.AtLeast, "2", "1.9", false},
		{claim.AtMost, "2", "2", true},
		{claim.AtMost, "2", "2.1", false},
	}
	for _, tt := range tests {
		got, err := claim.Check{Op: tt.op, Want: tt.want}.Holds(tt.value)
		if err != nil || got != tt.holds {
			t.Errorf("%q %s %q: %v, %v", tt.value, tt.op, tt.want, got, err)
		}
	}
	for _, c := range []claim.Check{{Op: claim.AtLeast, Want: "x"}, {Op: claim.AtLeast, Want: "1"}, {Op: claim.Matches, Want: "("}, {Op: "sings"}} {
		if _, err := c.Holds("a"); err == nil {
			t.Errorf("%q compares with %q", c.Op, c.Want)
		}
	}
}

// No verdict is written down: whatever a claim's verdict is here, other values
// give another one. In a world where all its checks hold it is true; where they
// all fail it is false; where they fail on one release it depends on that; each
// check alone can bring it down.
func TestEveryVerdictFollowsFromValues(t *testing.T) {
	for _, c := range claim.All() {
		if len(c.Literal) == 0 {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			good := imagine(t, &c, nil)
			expect(t, &c, good, claim.True)

			expect(t, &c, imagine(t, &c, func(claim.Cell, int) bool { return true }), claim.False)

			one := concerned(&c)
			if len(one) > 1 {
				expect(t, &c, imagine(t, &c, func(cell claim.Cell, i int) bool { return cell == one[0] && i < len(c.Literal) }), claim.VersionDependent)
			}
			for broken := range checks(&c) {
				bad := imagine(t, &c, func(_ claim.Cell, i int) bool { return i == broken })
				verdict, _, err := c.Judge(bad)
				if err != nil {
					t.Fatal(err)
				}
				if verdict == claim.True {
					t.Errorf("check %q can fail everywhere, and the claim is true", checks(&c)[broken].Shows)
				}
				if implied := broken >= len(c.Literal); implied && verdict != claim.Misleading && verdict != claim.VersionDependent && verdict != claim.False {
					t.Errorf("the conclusion %q is wrong, and the claim is %s", checks(&c)[broken].Shows, verdict)
				}
			}
		})
	}
}

func expect(t *testing.T, c *claim.Claim, cells map[claim.Cell]claim.Values, want claim.Verdict) {
	t.Helper()
	got, evidence, err := c.Judge(cells)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("verdict %q, want %q; evidence:", got, want)
		for _, item := range evidence {
			if item.Holds != (want == claim.True) {
				t.Logf("%s %s: %q %s: %v", item.Toolchain, item.Shows, item.Value, item.Expected, item.Holds)
			}
		}
	}
}

// everywhere are the cells of a claim on the lab's releases.
func everywhere(c *claim.Claim) []claim.Cell {
	var cells []claim.Cell
	for minor := 21; minor <= 27; minor++ {
		for _, v := range settingsOf(c) {
			cells = append(cells, claim.Cell{Toolchain: fmt.Sprintf("go1.%d.1", minor), Minor: minor, Variant: v})
		}
	}
	return cells
}

// concerned are the cells in which a literal check counts.
func concerned(c *claim.Claim) []claim.Cell {
	var cells []claim.Cell
	for _, cell := range everywhere(c) {
		if slices.ContainsFunc(c.Literal, func(ch claim.Check) bool { return ch.On(cell.Minor) }) {
			cells = append(cells, cell)
		}
	}
	return cells
}

// imagine makes up values with which every check holds, but for those that
// broken names by cell and index.
func imagine(t *testing.T, c *claim.Claim, broken func(claim.Cell, int) bool) map[claim.Cell]claim.Values {
	t.Helper()
	cells := make(map[claim.Cell]claim.Values)
	for _, cell := range everywhere(c) {
		values := make(claim.Values)
		cells[cell] = values
		holding := make(map[string][]claim.Check) // by what they compare
		for _, check := range checks(c) {
			if check.On(cell.Minor) {
				holding[check.ID()] = append(holding[check.ID()], check)
			}
		}
		for id, same := range holding {
			value, ok := satisfying(same)
			if !ok {
				t.Fatalf("no value satisfies %v: the claim can never be true", same)
			}
			values[id] = claim.Value{Text: value}
		}
		for i, check := range checks(c) {
			if broken != nil && check.On(cell.Minor) && broken(cell, i) {
				values[check.ID()] = claim.Value{Text: violating(t, check)}
			}
		}
	}
	return cells
}

// satisfying finds a value with which several checks hold.
func satisfying(checks []claim.Check) (string, bool) {
	for _, value := range candidates(checks) {
		if !slices.ContainsFunc(checks, func(c claim.Check) bool { return !holds(c, value) }) {
			return value, true
		}
	}
	return "", false
}

func violating(t *testing.T, c claim.Check) string {
	t.Helper()
	for _, value := range candidates([]claim.Check{c}) {
		if !holds(c, value) {
			return value
		}
	}
	t.Fatalf("every value satisfies %q %s %q: the check cannot fail", c.Shows, c.Op, c.Want)
	return ""
}

func holds(c claim.Check, value string) bool {
	ok, err := c.Holds(value)
	return err == nil && ok
}

// candidates are values worth a try. Several patterns may hold together in a text
// that is joined of examples.
func candidates(checks []claim.Check) []string {
	var all, texts []string
	for _, c := range checks {
		switch c.Op {
		case claim.Is, claim.IsNot:
			all = append(all, c.Want, c.Want+" not")
		case claim.Matches, claim.Lacks:
			texts = append(texts, example(c.Want))
		case claim.AtLeast, claim.AtMost:
			n, err := strconv.ParseFloat(c.Want, 64)
			if err != nil {
				continue
			}
			for _, v := range []float64{n, n - 1, n + 1} {
				all = append(all, strconv.FormatFloat(v, 'f', -1, 64))
			}
		}
	}
	all = append(all, texts...)
	if len(texts) > 1 {
		all = append(all, strings.Join(texts, "\n"), strings.Join(texts, " "))
		slices.Reverse(texts)
		all = append(all, strings.Join(texts, "\n"), strings.Join(texts, ""))
	}
	return append(all, "", "true", "false", "0", "something else")
}

// example is a text that a pattern matches.
func example(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	write(&b, re)
	text := b.String()
	if !regexp.MustCompile(pattern).MatchString(text) {
		return " " + text + " " // a boundary that needs a neighbour
	}
	return text
}

func write(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(pick(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpBeginLine:
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte('\n')
		}
	case syntax.OpEndLine:
		b.WriteByte('\n')
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			write(b, sub)
		}
	case syntax.OpAlternate:
		write(b, re.Sub[0])
	case syntax.OpPlus:
		write(b, re.Sub[0])
	case syntax.OpRepeat:
		for range re.Min {
			write(b, re.Sub[0])
		}
	}
}

// pick prefers a readable rune of a class.
func pick(ranges []rune) rune {
	for _, want := range "1a A_" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	return ranges[0]
}
