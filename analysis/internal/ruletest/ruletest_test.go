package ruletest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/analysis/driver"
)

// write makes a file of a test and returns its name.
func write(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const source = `package a

func f() { // want "first" ` + "`sec[o]nd`" + `
	g() // a comment // want "third"
	g() /* want "fourth" */
	g() // what is wanted stands elsewhere
}
`

// What is missing, what is too much and what is said of another line is told.
func TestCompare(t *testing.T) {
	name := write(t, "a.go", source)
	all := []Message{{name, 3, "a second"}, {name, 3, "the first"}, {name, 4, "a third"}, {name, 5, "a fourth"}}
	for title, test := range map[string]struct {
		said []Message
		want []string // parts of differences
	}{
		"all":      {all, nil},
		"missing":  {all[1:], []string{":3: nothing was reported that matches \"sec[o]nd\""}},
		"too much": {append(slices.Clone(all), Message{name, 6, "a fifth"}), []string{":6: unexpected: a fifth"}},
		"twice":    {append(slices.Clone(all), all[2]), []string{":4: unexpected: a third"}},
		"moved":    {append(slices.Clone(all[:3]), Message{name, 6, "a fourth"}), []string{":5: nothing was", ":6: unexpected: a fourth"}},
		"another":  {append(slices.Clone(all[:3]), Message{name, 5, "a word"}), []string{":5: nothing was", ":5: unexpected: a word"}},
	} {
		got := Compare([]string{name}, test.said)
		if len(got) != len(test.want) {
			t.Errorf("%s: %q", title, got)
			continue
		}
		for i, part := range test.want {
			if !strings.Contains(got[i], part) {
				t.Errorf("%s: %q, want %q", title, got[i], part)
			}
		}
	}
}

// A comment that wants something that nobody understands is an error, as it would
// ask for nothing.
func TestCommentsThatWantNothing(t *testing.T) {
	for _, comment := range []string{"want", "want first", `want "first`, `want "("`, `want "a" b`} {
		name := write(t, "a.go", "package a // "+comment+"\n")
		if got := Compare([]string{name}, nil); len(got) != 1 {
			t.Errorf("%s: %q", comment, got)
		}
	}
	if got := Compare([]string{"no.go"}, nil); len(got) != 1 {
		t.Errorf("no file: %q", got)
	}
}

func TestGolden(t *testing.T) {
	name := write(t, "a.go", "package a\n\nvar x = 1\n")
	edit := func(start, end int, text string) driver.Finding {
		return driver.Finding{Fixes: []driver.Fix{{Edits: []driver.Edit{{File: name, Start: start, End: end, New: text}}}}}
	}
	two := edit(19, 20, "2")
	differs := func(findings ...driver.Finding) bool { return len(compareGolden([]string{name}, findings)) > 0 }
	if differs() {
		t.Error("no fixes and no golden file")
	}
	if !differs(two) {
		t.Error("a fix without a golden file is right")
	}
	if err := os.WriteFile(name+".golden", []byte("package a\n\nvar x = 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if differs(two) || differs(two, two) {
		t.Errorf("the fix is wrong: %q", compareGolden([]string{name}, []driver.Finding{two}))
	}
	for title, findings := range map[string][]driver.Finding{
		"none": nil, "another": {edit(19, 20, "3")}, "both": {two, edit(19, 20, "3")},
		"does not parse": {edit(19, 20, "(")}, "behind the end": {edit(19, 99, "2")},
	} {
		if !differs(findings...) {
			t.Errorf("%s: is right", title)
		}
	}
}
