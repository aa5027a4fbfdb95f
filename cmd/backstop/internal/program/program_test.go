package program_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/program"
	"github.com/backstop-go/backstop/crash"
)

// pairsDir holds crashes of two versions of a program, and their source.
const pairsDir = "../../../../crash/testdata/same"

// version returns the version that a recorded crash is of: the second part of
// its name.
func version(name string) string { return strings.Split(name, ".")[1] }

func parseFile(t *testing.T, file string) *crash.Report {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := crash.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return r
}

// With the source of both, no labelled pair is judged wrongly: not those that
// the text cannot tell apart, and none that it can.
func TestPairsWithSource(t *testing.T) {
	table, err := os.ReadFile(filepath.Join(pairsDir, "pairs.txt"))
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]crash.Program{
		"v1": program.NewSource(filepath.Join(pairsDir, "v1")),
		"v2": program.NewSource(filepath.Join(pairsDir, "v2")),
	}
	report := func(name string) *crash.Report {
		return parseFile(t, filepath.Join(pairsDir, "texts", strings.ReplaceAll(name, "=", "")+".txt"))
	}
	judged, said := 0, 0
	for _, line := range strings.Split(string(table), "\n") {
		line, what, _ := strings.Cut(line, " # ")
		label, names, ok := strings.Cut(line, " ")
		if !ok || label != "same" && label != "different" {
			continue
		}
		a, b, _ := strings.Cut(names, " ")
		v := crash.SameWith(report(a), report(b), crash.Evidence{A: sources[version(a)], B: sources[version(b)]})
		judged++
		if strings.Contains(strings.Join(v.Reasons, "\n"), "the source says") {
			said++
		}
		if v.Same != (label == "same") {
			t.Errorf("%s %s: %s: same %v: %q", a, b, what, v.Same, v.Reasons)
		}
	}
	if judged < 100 || said < 60 {
		t.Errorf("%d pairs judged, the source said something of %d", judged, said)
	}
}

// build builds a version of the program as flags say.
func build(t *testing.T, source string, flags ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "shop")
	dir := t.TempDir()
	for _, tree := range []string{source, "lib"} {
		if err := os.CopyFS(filepath.Join(dir, tree), os.DirFS(filepath.Join(pairsDir, tree))); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), ".")...)
	cmd.Dir = filepath.Join(dir, source)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// die lets a program die of a bug and reads what it left.
func die(t *testing.T, exe, bug string) *crash.Report {
	t.Helper()
	cmd := exec.Command(exe, bug, "here", "64")
	cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
	text, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("%s: the program lived", bug)
	}
	r, err := crash.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v in\n%s", bug, err, text)
	}
	return r
}

// The executables tell lines and closures of one function apart, and know them
// again in another build, without symbols too.
func TestExecutables(t *testing.T) {
	v1 := build(t, "v1", "-ldflags=-s -w")
	v2 := build(t, "v2", "-trimpath", "-buildmode=pie")
	programs := make(map[string]*program.Executable)
	for _, exe := range []string{v1, v2} {
		p, err := program.OpenExecutable(exe)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		programs[exe] = p
	}
	type death struct{ exe, bug string }
	reports := make(map[death]*crash.Report)
	report := func(exe, bug string) *crash.Report {
		d := death{exe, bug}
		if reports[d] == nil {
			reports[d] = die(t, exe, bug)
		}
		return reports[d]
	}
	twins := [][2]string{
		{"index-small", "index-large"},
		{"each-first", "each-second"},
		{"filter-in", "filter-out"},
		{"rates", "taxes"},
		{"descend-left", "descend-right"},
		{"lib-twice-a", "lib-twice-b"},
	}
	for _, twin := range twins {
		for i, a := range twin {
			for j, b := range twin {
				for _, exes := range [][2]string{{v1, v1}, {v1, v2}, {v2, v1}} {
					x, y := exes[0], exes[1]
					e := crash.Evidence{A: programs[x], B: programs[y], OneBuild: x == y}
					v := crash.SameWith(report(x, a), report(y, b), e)
					if want := i == j; v.Same != want {
						t.Errorf("%s and %s, %v: same %v: %q", a, b, exes, v.Same, v.Reasons)
					}
				}
			}
		}
	}
	// Of the wrong executable there is no answer.
	f := report(v1, "index-small").Origin()
	if place, ok := programs[v2].Place(f); ok {
		t.Errorf("the other build says %+v of %+v", place, *f)
	}
	if _, ok := programs[v1].Place(f); !ok {
		t.Errorf("no answer for %+v", *f)
	}
}

// Source that is not what crashed has no answer.
func TestSourceOfAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	source := "package cart\n\nfunc Add() {\n\tpanic(1)\n}\n\nvar handlers = []func(){\n\tfunc() { panic(2) },\n}\n\nfunc Addition() {\n\tpanic(3)\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "cart.go"), []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	s := program.NewSource(dir)
	for _, tt := range []struct {
		fn   string
		line int
		want string
	}{
		{"example.com/shop/cart.Add", 4, "3-5"},
		{"example.com/shop/cart.Add[...]", 4, "3-5"},
		{"example.com/shop/cart.Add.func1", 4, "3-5"},
		{"main.main.Add.func2", 4, "3-5"},
		{"example.com/shop/cart.init.func1", 8, "7-9"},
		{"example.com/shop/cart.glob..func1", 8, "7-9"},
		{"example.com/shop/cart.Add", 12, ""},
		{"example.com/shop/cart.Addition", 4, ""},
		{"example.com/shop/cart.Addition", 12, "11-13"},
		{"example.com/shop/cart.Remove", 4, ""},
		{"example.com/shop/cart.Add", 1, ""},
		{"example.com/shop/cart.Add", 400, ""},
	} {
		got := ""
		if p, ok := s.Place(&crash.Frame{Func: tt.fn, File: "/build/cart/cart.go", Line: tt.line}); ok {
			got = fmt.Sprintf("%d-%d", p.First, p.Last)
			if len(p.Source) != p.Last-p.First+1 {
				t.Errorf("%s: %d lines for %s", tt.fn, len(p.Source), got)
			}
		}
		if got != tt.want {
			t.Errorf("%s at line %d: %q, want %q", tt.fn, tt.line, got, tt.want)
		}
	}
}

// The text of debug.SetCrashOutput has no headline. The executable has.
func TestHeadline(t *testing.T) {
	for _, mode := range []string{"exe", "pie"} {
		dir := t.TempDir()
		exe, out := filepath.Join(dir, "crasher"), filepath.Join(dir, "output")
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-buildmode="+mode, "-o", exe, ".")
		build.Dir = "../../../../crash/testdata/crasher"
		build.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
		if text, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		e, err := program.OpenExecutable(exe)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for name, want := range map[string]struct{ message, class string }{
			"map-writes": {"concurrent map writes", "fatal.concurrent_map_writes"},
			"unlock":     {"sync: unlock of unlocked mutex", "fatal.sync_unlock"},
		} {
			cmd := exec.Command(exe, name)
			cmd.Env = append(os.Environ(), "CRASH_OUTPUT="+out, "GOTRACEBACK=")
			if err := cmd.Run(); err == nil {
				t.Fatalf("%s did not die", name)
			}
			r := parseFile(t, out)
			if r.HasMessage {
				t.Fatalf("%s %s: the text has a headline: %q", mode, name, r.Message)
			}
			if !e.Headline(r) || r.Message != want.message || string(r.Class) != want.class {
				t.Errorf("%s %s: %q %s, want %q %s", mode, name, r.Message, r.Class, want.message, want.class)
			}
		}
	}
}
