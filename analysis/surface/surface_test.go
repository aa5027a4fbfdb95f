package surface_test

import (
	"context"
	"encoding/json"
	"fmt"
	"go/token"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/surface"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

const here = "github.com/backstop-go/backstop/analysis/surface/testdata/"

// loaded are the summaries of packages of testdata by name, as our driver makes
// them.
var loaded = sync.OnceValues(func() (map[string]*summary.Summary, error) {
	res, err := driver.Run(context.Background(), driver.Config{
		Patterns: []string{"./testdata/service", "./testdata/library", "./testdata/other", "./testdata/shapes", "./testdata/safego"},
		Collect: []driver.Collector{{
			Name: "summary", Analyzer: summary.Analyzer, Deps: true,
			Encode: func(_ *token.FileSet, result any) ([]byte, error) { return result.(*summary.Summary).Encode(), nil },
		}},
	})
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*summary.Summary)
	for _, p := range res.Packages {
		for _, problem := range append(res.Problems, p.Problems...) {
			return nil, fmt.Errorf("%s:%d: %s", problem.File, problem.Line, problem.Message)
		}
		if byName[path.Base(p.Path)], err = summary.Decode(p.Collected["summary"]); err != nil {
			return nil, fmt.Errorf("decode the summary of %s: %w", p.Path, err)
		}
	}
	return byName, nil
})

// report makes the surface of packages of testdata; the first is the program's
// own, and each is a module of its own.
func report(t *testing.T, names ...string) *surface.Report {
	t.Helper()
	all, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	var program []surface.Package
	for i, name := range names {
		program = append(program, surface.Package{Summary: all[name], Module: here + name, Own: i == 0})
	}
	r, err := surface.Make(program)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// short is a name without the import path of the test's packages.
func short(name string) string {
	for _, pkg := range []string{"service.", "other.", "library.", "shapes.", "safego."} {
		name = strings.ReplaceAll(name, here+pkg, "")
	}
	return name
}

func TestEntriesOfAService(t *testing.T) {
	type row struct {
		kind, guard string
		sites       bool // it reaches some
	}
	want := map[string]row{
		"guarded":             {"go", "guarded", false},
		"disarmed":            {"go", "disarmed", true},
		"partly":              {"go", "partial", true}, // the guard comes late
		"loop":                {"go", "none", true},
		"quiet":               {"go", "none", false},
		"main$1":              {"callback", "none", true},
		"serve":               {"handler", "net/http", false},
		"(handler).ServeHTTP": {"handler", "net/http", false},
		"callbacks$1":         {"timer", "none", true},
		"callbacks$2":         {"callback", "(" + here + "other.Go$1)", false},
		"pooled":              {"callback", "none", true},
		"main":                {"main", "none", true},
	}
	got := map[string]row{}
	for _, e := range report(t, "service", "other").Entries {
		if strings.HasSuffix(e.Guard, "other.Go$1") {
			e.Guard = "(" + e.Guard + ")"
		}
		got[short(e.Function)] = row{e.Kind, e.Guard, e.Sites > 0}
	}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: %+v, want %+v", name, got[name], w)
		}
	}
	for name, g := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %+v is no entry", name, g)
		}
	}
}

// Whatever is started in whatever way is one entry, and reaches what it calls.
func TestEntriesOfAllShapes(t *testing.T) {
	want := []string{
		"callback main$1 guarded 0", "callback main$2 none 1", "callback main$3 none 1", "callback main$4 none 1",
		"callback main$5 none 1",
		"go (*gen[T]).loop none 1", "go (*net/http.Server).ListenAndServe none 0", "go (*srv).run none 1",
		"go (*srv).run none 1", "go (wrapper).do none 1", "go conditional partial 1", "go helperGuard guarded 0",
		"go init$1 none 1", "go init$2 none 1", "go iter none 1", "go main$7 none 0", "go main$8 guarded 0",
		"go main$8$1 none 1", "go mapread none 1", "go rethrow repanics 2", "go stringer none 0", "go told guarded 0",
		"go useOnce none 1",
		"handler (*srv).ServeHTTP guarded 0", "handler main$6 guarded 0", "init init none 1", "main main none 0",
	}
	var got []string
	for _, e := range report(t, "shapes", "safego").Entries {
		if e.Guarded {
			e.Guard = "guarded"
		}
		got = append(got, fmt.Sprintf("%s %s %s %d", e.Kind, short(e.Function), e.Guard, e.Sites))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPathsLeadFromEntryToSite(t *testing.T) {
	for _, e := range report(t, "service", "other").Entries {
		if short(e.Function) != "loop" {
			continue
		}
		var names []string
		for _, s := range e.Path {
			names = append(names, short(s.Function))
		}
		if !slices.Equal(names, []string{"loop", "(*memory).get"}) {
			t.Errorf("path %v", names)
		}
		if e.Site == nil || e.Site.Kind != "assertion" || e.Site.File != "main.go" || e.Site.Line == 0 {
			t.Errorf("site %+v", e.Site)
		}
		return
	}
	t.Error("loop is no entry")
}

// What is called under a guard only is not on the surface, and what many entries
// reach is one set.
func TestSetsAreHubs(t *testing.T) {
	r := report(t, "service", "other")
	hubs := 0
	for _, s := range r.Sets {
		for _, site := range s.Sites {
			switch short(site.Function) {
			case "only":
				t.Errorf("only is reached by %d entries", s.FanIn)
			case "explode":
				hubs++
				if s.FanIn != 6 || len(s.Entries) != 6 {
					t.Errorf("explode is reached by %d entries", s.FanIn)
				}
			}
		}
		for _, e := range s.Entries {
			if !slices.ContainsFunc(r.Entries[e].Sets, func(n int) bool { return r.Sets[n].Package == s.Package }) {
				t.Errorf("entry %s does not know its set", r.Entries[e].Function)
			}
		}
	}
	if hubs != 1 {
		t.Errorf("explode is in %d sets", hubs)
	}
	total := 0
	for _, c := range r.Packages {
		total += c.Number
	}
	if r.Number == 0 || total != r.Number {
		t.Errorf("number %d, of packages %d", r.Number, total)
	}
}

func TestThirdPartyCalls(t *testing.T) {
	calls := map[string]surface.External{}
	for _, x := range report(t, "service", "other").Calls {
		calls[short(x.Function)] = x
	}
	if x := calls["Parse"]; x.Calls != 2 || x.Contained != 1 || x.Sites != 1 || x.File != "main.go" {
		t.Errorf("Parse: %+v", x)
	}
	if x := calls["Safe"]; x.Calls != 1 || x.Sites != 0 {
		t.Errorf("Safe: %+v", x)
	}
}

func TestLibraryHasItsAPI(t *testing.T) {
	got := map[string]bool{}
	for _, e := range report(t, "library").Entries {
		got[short(e.Function)] = e.Sites > 0
		if e.Kind != "api" {
			t.Errorf("%s is of kind %s", e.Function, e.Kind)
		}
	}
	if len(got) != 1 || !got["Must"] {
		t.Errorf("entries %v", got)
	}
}

func TestReportIsJSON(t *testing.T) {
	b, err := json.Marshal(report(t, "service", "other"))
	if err != nil {
		t.Fatal(err)
	}
	var back surface.Report
	if err := json.Unmarshal(b, &back); err != nil || len(back.Entries) == 0 || len(back.Sets) == 0 {
		t.Errorf("%v: %s", err, b)
	}
}

func TestText(t *testing.T) {
	text := surface.Text(report(t, "service", "other"), surface.Style{Width: 100})
	for _, want := range []string{"crash surface", "reached by 6 unguarded entries", "explode", "Parse, 1 of 2 calls contained"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("colour that nobody asked for")
	}
	if !strings.Contains(surface.Text(report(t, "service", "other"), surface.Style{Color: true}), "\x1b[1mcrash surface\x1b[0m") {
		t.Error("no colour")
	}
}

func copyOf(t *testing.T, r *surface.Report) *surface.Report {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	out := new(surface.Report)
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDiff(t *testing.T) {
	base := report(t, "service", "other")
	moved := copyOf(t, base)
	for i := range moved.Entries {
		e := &moved.Entries[i]
		e.Line += 100
		e.Function = strings.ReplaceAll(e.Function, "$1", "$7") // another literal came before
	}
	for i := range moved.Sets {
		for j := range moved.Sets[i].Sites {
			moved.Sets[i].Sites[j].Line += 100
		}
	}
	if d := surface.Diff(base, moved); len(d.New)+len(d.Gone) > 0 {
		t.Errorf("moved code is a difference: %+v", d)
	}

	more := copyOf(t, base)
	e := more.Entries[more.Sets[0].Entries[0]]
	e.Function = here + "service.added"
	more.Entries = append(more.Entries, e)
	more.Sets[0].Entries = append(more.Sets[0].Entries, len(more.Entries)-1)
	d := surface.Diff(base, more)
	if len(d.New) != 1 || d.New[0].Entry.Function != e.Function || len(d.New[0].Sites) == 0 || len(d.Gone) != 0 {
		t.Errorf("a new entry: %+v", d)
	}
	if text := d.Text(surface.Style{}); !strings.Contains(text, "service.added reaches") {
		t.Errorf("text: %s", text)
	}
	if d := surface.Diff(more, base); len(d.New) != 0 || len(d.Gone) != 1 {
		t.Errorf("an entry that is gone: %+v", d)
	}

	// A second literal of the same function is new, even though it takes the name
	// of the first.
	twice := copyOf(t, base)
	for i, e := range twice.Entries {
		if short(e.Function) == "callbacks$1" {
			second := e
			second.Function += "2"
			twice.Entries = append(twice.Entries, second)
			for _, n := range e.Sets {
				twice.Sets[n].Entries = append(twice.Sets[n].Entries, len(twice.Entries)-1)
			}
			_ = i
			break
		}
	}
	if d := surface.Diff(base, twice); len(d.New) != 1 || short(d.New[0].Entry.Function) != "callbacks$12" {
		t.Errorf("a second literal: %+v", d)
	}
}

// A cache may be damaged in ways that decoding does not see.
func TestDamagedSummariesAreLinked(t *testing.T) {
	all, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	good := all["service"].Encode()
	r := rand.New(rand.NewPCG(3, 4))
	linked := 0
	for range 3000 {
		b := slices.Clone(good)
		b[len(b)/2+r.IntN(len(b)/2)] = byte(r.IntN(128))
		s, err := summary.Decode(b)
		if err != nil {
			continue
		}
		if _, err := surface.Make([]surface.Package{{Summary: s, Module: "m", Own: true}}); err != nil {
			t.Fatal(err)
		}
		if linked++; linked == 40 {
			return
		}
	}
	t.Errorf("only %d damaged summaries could be decoded", linked)
}
