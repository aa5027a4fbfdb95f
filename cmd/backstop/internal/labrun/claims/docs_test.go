package claims

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

// hearsay is a claim with its verdict, from values that were made up.
func hearsay(t *testing.T, c claim.Claim, values func(minor int) string) Result {
	t.Helper()
	cells := make(map[claim.Cell]claim.Values)
	for minor, name := range map[int]string{21: "go1.21.13", 22: "go1.22.12", 26: "go1.26.8"} {
		v := make(claim.Values)
		for _, check := range checks(&c) {
			v[check.ID()] = claim.Value{Text: values(minor)}
		}
		cells[claim.Cell{Toolchain: name, Minor: minor}] = v
	}
	verdict, evidence, err := c.Judge(cells)
	if err != nil {
		t.Fatal(err)
	}
	return Result{c, verdict, evidence, []string{"go1.21.13", "go1.22.12", "go1.26.8"}}
}

var hearsays = []claim.Claim{
	{
		ID: "A0-1-a", Where: "A0 ch.1", Says: "A map[string]int<T> of _panic *never* dies.", Instead: "It dies.",
		Literal:   []claim.Check{{Shows: "it lives", Measure: claim.Observed("nil-map-write", "exit"), Op: claim.Is, Want: "0"}},
		Scenarios: []string{"nil-map-write"},
	},
	{
		ID: "A0-2.1-a", Where: "A0 2.1", Says: "It compiles.", Instead: "Since Go 1.22.",
		Literal: []claim.Check{{Shows: "this compiles", Measure: claim.Compiled("package main\n\nfunc main() {}\n"), Op: claim.Is, Want: "ok"}},
	},
	{ID: "A1-1-a", Where: "A1 ch.1", Says: "It is beautiful.", Untestable: "Beauty is not measured."},
}

func hearsayResults(t *testing.T) []Result {
	t.Helper()
	return []Result{
		hearsay(t, hearsays[0], func(int) string { return "2" }),
		hearsay(t, hearsays[1], func(minor int) string {
			if minor >= 22 {
				return "ok"
			}
			return "syntax error: unexpected `\nmore"
		}),
		hearsay(t, hearsays[2], func(int) string { return "" }),
	}
}

func TestWriteDocs(t *testing.T) {
	dir := t.TempDir()
	if err := WriteDocs(dir, hearsayResults(t)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"README.md": {
			"They hold 3 statements", "go1.21.13, go1.22.12, go1.26.8",
			"| [A0](A0.md): ", " | 1 | 0 | 1 | 0 | 0 | 2 |", "| all | 1 | 0 | 1 | 0 | 1 | 3 |",
			"## False", "[A0-1-a](A0.md#A0-1-a) *A map\\[string\\]int&lt;T&gt; of \\_panic \\*never\\* dies.*", "It dies.",
			"## Untestable", "Beauty is not measured.",
		},
		"A0.md": {
			"## Chapter 1", `<a id="A0-1-a"></a>`, "### A0-1-a: false", "- **fails**: it lives", "`exit` of scenario `nil-map-write`: `2` (1.21..1.22, 1.26); the statement needs `0`",
			"**What is true instead.** It dies.", "`backstop lab run nil-map-write`", "`backstop lab claims A0-1-a`",
			"## Section 2.1", "- **varies**: this compiles", "`` syntax error: unexpected ` ... `` (1.21), `ok` (1.22, 1.26)", "```go\npackage main\n\nfunc main() {}\n```",
		},
		"A1.md": {"### A1-1-a: untestable", "Beauty is not measured."},
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(text), w) {
				t.Errorf("%s has no %q:\n%s", name, w, text)
			}
		}
	}
	silent := hearsays[0]
	silent.Instead = ""
	if err := WriteDocs(dir, []Result{hearsay(t, silent, func(int) string { return "2" })}); err == nil {
		t.Error("a false claim does not say what is true instead, and was written")
	}
}

func TestWriteText(t *testing.T) {
	var out strings.Builder
	if err := WriteText(&out, hearsayResults(t), labrun.Style{Width: 60}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{
		"A0-1-a  false  A0 ch.1, on 1.21..1.22, 1.26\n", "  fails    it lives\n", "2 (1.21..1.22,\n           1.26); the statement needs 0\n", "  instead  It dies.\n",
		"A0-2.1-a  version dependent  A0 2.1, on 1.21", "A1-1-a  untestable", "3 claims, 1 false, 1 version_dependent, 1 untestable\n",
	} {
		if !strings.Contains(out.String(), w) {
			t.Errorf("no %q in:\n%s", w, out.String())
		}
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if len([]rune(line)) > 60 {
			t.Errorf("a line is too long: %q", line)
		}
	}
}

// The pages in docs/claims are written by `make lab`, on all toolchains: each
// claim stands there as it is worded now, with a verdict.
func TestPagesAreThere(t *testing.T) {
	pages := make(map[string]string)
	for _, c := range claim.All() {
		name := articleOf(c.ID)
		if pages[name] == "" {
			text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", "docs", "claims", name+".md"))
			if err != nil {
				t.Fatal(err)
			}
			pages[name] = string(text)
		}
		_, section, _ := strings.Cut(pages[name], `<a id="`+c.ID+`"></a>`)
		section, _, _ = strings.Cut(section, "<a id=")
		for _, want := range []string{"### " + c.ID + ": ", "> " + prose(c.Says), "`" + Rerun(c.ID) + "`"} {
			if !strings.Contains(section, want) {
				t.Errorf("%s of docs/claims/%s.md has no %q: run `make lab`", c.ID, name, want)
			}
		}
		if !strings.Contains(section, ": true\n") && len(c.Literal) > 0 && !strings.Contains(section, prose(c.Instead)) {
			t.Errorf("%s of docs/claims/%s.md does not say what is true instead: run `make lab`", c.ID, name)
		}
		for _, check := range checks(&c) {
			if !strings.Contains(section, prose(check.Shows)) {
				t.Errorf("%s of docs/claims/%s.md has no check %q: run `make lab`", c.ID, name, check.Shows)
			}
		}
	}
}
