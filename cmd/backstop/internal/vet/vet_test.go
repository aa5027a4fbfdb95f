package vet

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
)

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		go_  map[string]rule.Verdict
		want string
	}{
		{nil, ""},
		{map[string]rule.Verdict{"1.26": rule.Works}, "works on Go 1.26"},
		{map[string]rule.Verdict{"1.21": rule.Dead, "1.22": rule.Dead}, "dead on Go 1.21 and 1.22"},
		{map[string]rule.Verdict{
			"1.21": rule.Dead, "1.22": rule.ByAccident, "1.23": rule.ByAccident, "1.24": rule.ByAccident,
			"1.25": rule.ByAccident, "1.26": rule.Dead, "1.27": rule.Dead,
		}, "works by accident on Go 1.22 to 1.25, dead on Go 1.21, 1.26 and 1.27"},
	} {
		if got := Verdicts(c.go_); got != c.want {
			t.Errorf("%v: %q, want %q", c.go_, got, c.want)
		}
	}
}

func TestReleases(t *testing.T) {
	got, err := Releases("1.21..1.23, go1.26")
	if want := []string{"1.21", "1.22", "1.23", "1.26"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, error %v; want %v", got, err, want)
	}
	for _, bad := range []string{"", "1", "2.0", "1.26x", "1.27..1.21", "1.21..", "latest"} {
		if got, err := Releases(bad); err == nil {
			t.Errorf("%q gives %v and no error", bad, got)
		}
	}
}

func placeOf(file string, line int) driver.Place {
	return driver.Place{File: file, Line: line, Column: 2, Message: "a guard <that> does nothing"}
}

func sample() *Outcome {
	return Judge(&driver.Result{Packages: []*driver.Package{
		{Path: "example.com/m", Target: true, Lines: 1234, Findings: []driver.Finding{
			{
				Rule: "panic-nil", Tier: rule.TierA, Place: placeOf("b.go", 9), Package: "example.com/m",
				Go:      map[string]rule.Verdict{"1.26": rule.Dead},
				Path:    []driver.Place{{File: "a.go", Line: 3, Column: 1, Message: "Serve calls work"}},
				Related: []driver.Place{{File: "dir with space/c.go", Line: 4, Column: 1, Message: "the recover"}},
			},
			{Rule: "panic-nil", Tier: rule.TierA, Place: placeOf("a.go", 7)},
			{Rule: "panic-nil", Tier: rule.TierA, Place: placeOf("a.go", 8), Ignored: "known"},
			{Rule: "panic-nil", Tier: rule.TierA, Place: placeOf("g.go", 8), Generated: true},
			{Rule: "panic-nil", Tier: rule.TierC, Place: placeOf("a.go", 1)},
		}},
		// The variant of the package with its tests has the same file.
		{Path: "example.com/m", Target: true, Findings: []driver.Finding{{Rule: "panic-nil", Tier: rule.TierA, Place: placeOf("a.go", 7)}}},
	}}, Options{})
}

func TestJudge(t *testing.T) {
	out := sample()
	var got []string
	for _, f := range out.Findings {
		got = append(got, at(f.Place))
	}
	if want := []string{"a.go:7:2", "b.go:9:2"}; !slices.Equal(got, want) {
		t.Errorf("findings at %v, want %v", got, want)
	}
	if want := "2 findings (2 of tier A) in 2 packages, 1,234 lines; 1 ignored by comments; 1 in generated files (-generated shows them)"; out.Summary() != want {
		t.Errorf("%s\nwant\n%s", out.Summary(), want)
	}
}

func TestUnusedDirective(t *testing.T) {
	res := &driver.Result{Packages: []*driver.Package{{
		Path: "m", Target: true,
		Ignores: []driver.Ignore{
			{Rule: "panic-nil", Reason: "used", For: 2, Place: driver.Place{File: "a.go", Line: 1}},
			{Rule: "panic-nil", Reason: "not used", For: 10, Place: driver.Place{File: "a.go", Line: 9}},
		},
		Findings: []driver.Finding{{Rule: "panic-nil", Tier: rule.TierA, Ignored: "used", Place: placeOf("a.go", 2)}},
	}}}
	if out := Judge(res, Options{}); len(out.Findings) != 0 {
		t.Errorf("with some rules only, nobody knows what a directive is for: %v", out.Findings)
	}
	out := Judge(res, Options{AllRules: true})
	if len(out.Findings) != 1 || out.Findings[0].Line != 9 || out.Findings[0].Rule != Directive {
		t.Errorf("%v, want the directive of line 9", out.Findings)
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteText(&b, Style{}); err != nil {
		t.Fatal(err)
	}
	want := `a.go:7:2: panic-nil (A): a guard <that> does nothing
b.go:9:2: panic-nil (A): a guard <that> does nothing
    dead on Go 1.26
    path a.go:3:1 Serve calls work
    dir with space/c.go:4:1 the recover
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := sample().WriteText(&b, Style{Color: true}); err != nil || !strings.Contains(b.String(), "\x1b[1;31mpanic-nil (A):\x1b[0m") {
		t.Errorf("no colour in %q", b.String())
	}
}

func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	out := sample()
	out.Problems = []driver.Problem{{Package: "example.com/m", Place: driver.Place{File: "x.go", Line: 1, Message: "does not compile"}}}
	// A column in UTF-16 code units: the line has a letter of two bytes in front.
	dir := t.TempDir()
	text := strings.Repeat("\n", 8) + "éx\n"
	if err := os.WriteFile(filepath.Join(dir, "b.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range out.Findings {
		if out.Findings[i].File == "b.go" {
			out.Findings[i].Column = 3
		}
	}
	if err := out.WriteSARIF(&b, dir, "1.2.3", rules.All()); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID string }
				}
			}
			Invocations []struct {
				ExecutionSuccessful        bool
				ToolExecutionNotifications []any
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
				RelatedLocations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
				CodeFlows           []any
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != 2 || len(run.Tool.Driver.Rules) != len(rules.All()) {
		t.Fatalf("version %s, %d results, %d rules", log.Version, len(run.Results), len(run.Tool.Driver.Rules))
	}
	if run.Invocations[0].ExecutionSuccessful || len(run.Invocations[0].ToolExecutionNotifications) != 1 {
		t.Errorf("a problem is not told: %+v", run.Invocations)
	}
	second := run.Results[1]
	at := second.Locations[0].PhysicalLocation
	switch {
	case second.RuleID != "panic-nil", run.Tool.Driver.Rules[second.RuleIndex].ID != "panic-nil", second.Level != "error":
		t.Errorf("rule: %+v", second)
	case at.ArtifactLocation.URI != "b.go", at.Region.StartLine != 9, at.Region.StartColumn != 2:
		t.Errorf("place: %+v", at)
	case second.RelatedLocations[0].PhysicalLocation.ArtifactLocation.URI != "dir%20with%20space/c.go":
		t.Errorf("related: %+v", second.RelatedLocations)
	case len(second.CodeFlows) != 1:
		t.Error("the path is no code flow")
	case second.PartialFingerprints["backstop/v1"] == run.Results[0].PartialFingerprints["backstop/v1"]:
		t.Error("findings in two files have one fingerprint")
	}
}

func TestFix(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.go")
	text := "package a\n\nfunc f() { one(); two() }\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fix := func(edits ...driver.Edit) driver.Finding {
		return driver.Finding{Fixes: []driver.Fix{{Edits: edits}}}
	}
	edit := func(old, replacement string) driver.Edit {
		i := strings.Index(text, old)
		return driver.Edit{File: "a.go", Start: i, End: i + len(old), New: replacement}
	}
	imports := driver.Edit{File: "a.go", Start: 10, End: 10, New: "\nimport \"x\"\n"}

	write(text)
	done, err := Fix(dir, []driver.Finding{fix(edit("two()", "2"), imports), {}, fix(edit("one()", "uno()"), imports), fix(edit("one(); two()", "all()"))})
	got, _ := os.ReadFile(name)
	want := "package a\n\nimport \"x\"\n\nfunc f() { uno(); 2 }\n"
	if err != nil || string(got) != want || done.Findings != 2 || len(done.Left) != 2 || !slices.Equal(done.Files, []string{"a.go"}) {
		t.Errorf("%+v, error %v, file\n%s", done, err, got)
	}

	// What is not formatted is not formatted.
	crlf := "package a\r\n\r\nfunc f() {   one(); two() }\r\n"
	write(crlf)
	i := strings.Index(crlf, "two()")
	if _, err := Fix(dir, []driver.Finding{fix(driver.Edit{File: "a.go", Start: i, End: i + 5, New: "2"})}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); string(got) != strings.Replace(crlf, "two()", "2", 1) {
		t.Errorf("a file that was not formatted became %q", got)
	}

	// What does not fit, or would not compile, changes nothing.
	for _, bad := range []driver.Edit{{File: "a.go", Start: 5, End: 999}, edit("two()", "}}")} {
		write(text)
		if _, err := Fix(dir, []driver.Finding{fix(bad)}); err == nil {
			t.Errorf("%+v: no error", bad)
		}
		if got, _ := os.ReadFile(name); string(got) != text {
			t.Errorf("%+v changed the file to\n%s", bad, got)
		}
	}
}

func TestBaseline(t *testing.T) {
	name := filepath.Join(t.TempDir(), "vet.jsonl")
	findings := []driver.Finding{
		{Rule: "panic-nil", Place: driver.Place{File: "a.go", Line: 3, Message: "see line 17"}},
		{Rule: "panic-nil", Place: driver.Place{File: "a.go", Line: 9, Message: "see line 18"}},
	}
	if err := WriteBaseline(name, filepath.Dir(name), findings); err != nil {
		t.Fatal(err)
	}
	b, err := ReadBaseline(name, filepath.Dir(name))
	if err != nil {
		t.Fatal(err)
	}
	moved := []driver.Finding{{Rule: "panic-nil", Place: driver.Place{File: "a.go", Line: 30, Message: "see line 44"}}}
	fresh, known, stale := b.filter(append(moved, driver.Finding{Rule: "other", Place: driver.Place{File: "a.go"}}))
	if len(fresh) != 1 || fresh[0].Rule != "other" || known != 1 || stale != 1 {
		t.Errorf("fresh %v, known %d, stale %d", fresh, known, stale)
	}
	// From another directory it is the same.
	sub, err := ReadBaseline(name, filepath.Join(filepath.Dir(name), "sub"))
	if err != nil {
		t.Fatal(err)
	}
	moved[0].File = "../a.go"
	if _, known, _ := sub.filter(moved); known != 1 {
		t.Errorf("from a directory below: %d known, want 1", known)
	}
	for _, bad := range []string{"{", `{"rule":"x","count":0}`, `{"rule":"x","count":1,"line":3}`} {
		if err := os.WriteFile(name, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadBaseline(name, "."); err == nil || !strings.Contains(err.Error(), "vet.jsonl:1") {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}
