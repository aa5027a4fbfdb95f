package claims

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/lab/claim"
)

var sharedDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "backstop-claimstest-")
	if err != nil {
		panic(err)
	}
	sharedDir = dir
	code := m.Run()
	os.RemoveAll(dir) //nolint:errcheck // it is temporary
	os.Exit(code)
}

func openLab(t *testing.T, fresh bool) *labrun.Lab {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		crashtest.Skip(t, "no go command: %v", err)
	}
	lab, err := labrun.Open(labrun.Options{Dir: filepath.Join(sharedDir, "lab"), Fresh: fresh})
	if err != nil {
		t.Fatal(err)
	}
	return lab
}

const hello = "package main\n\nfunc main() { println(add(1, 2)) }\n\n//go:noinline\nfunc add(a, b int) int { return a + b }\n"

// samples measure something known of each kind.
var samples = []struct {
	measure claim.Measure
	value   string
}{
	{claim.Observed("send-closed-chan", "exit"), "2"},
	{claim.Observed("send-closed-chan", "signal"), "null"},
	{claim.Observed("send-closed-chan", "recovered"), "true"},
	{claim.Observed("send-closed-chan", "class"), "panic.closed_chan"},
	{claim.Observed("send-closed-chan", "headline"), "panic: send on closed channel"},
	{claim.Observed("send-closed-chan", "guarded_stderr"), ""},
	{claim.Probed("safe-divide", "1/0"), "0 false"},
	{claim.Source("runtime/panic.go", "gopanic", `var p _panic`), "true"},
	{claim.Source("runtime/panic.go", "gopanic", `asm volatile`), "false"},
	{claim.Source("runtime/panic.go", "gopanik", `.`), "absent"},
	{claim.Source("runtime", "gopanic", `var p _panic`), "true"},
	{claim.Declared("runtime", "g._panic"), "true"},
	{claim.Declared("runtime", "SetPanicHandler"), "false"},
	{claim.Declared("sync", "(*Mutex).Lock"), "true"},
	{claim.Compiled(hello), "ok"},
	{claim.Compiled(hello, "-gcflags='-N -l'"), "ok"},
	{claim.Compiled("package main\n\nfunc main() { asm(1) }\n"), "undefined: asm"},
	{claim.Assembly(hello, `main\.add`), "true"},
	{claim.Assembly(hello, `main\.subtract`), "false"},
	{claim.Tool("vet .", "status", hello), "0"},
	{claim.Tool("list -m", "output", ""), "claim.test"},
}

// sampleClaim asks for all samples.
func sampleClaim() claim.Claim {
	c := claim.Claim{ID: "sample"}
	for _, s := range samples {
		c.Literal = append(c.Literal, claim.Check{Shows: s.measure.String(), Measure: s.measure, Op: claim.Is, Want: s.value})
	}
	return c
}

func TestMeasureOnLocalToolchain(t *testing.T) { testMeasure(t, labrun.Local()) }

func TestMeasureOnOldestToolchain(t *testing.T) {
	crashtest.NeedToolchain(t, "go1.21.13")
	testMeasure(t, "go1.21.13")
}

func testMeasure(t *testing.T, toolchain string) {
	plan := Plan{Claims: []claim.Claim{sampleClaim()}, Toolchains: []string{toolchain}}
	for _, fresh := range []bool{true, false} { // and from the cache
		results, err := Judge(context.Background(), openLab(t, fresh), plan)
		if err != nil {
			t.Fatal(err)
		}
		if results[0].Verdict != claim.True {
			t.Errorf("fresh %v: verdict %s", fresh, results[0].Verdict)
		}
		for _, item := range results[0].Evidence {
			if item.NotRun != "" || !item.Holds {
				t.Errorf("fresh %v: %s: %q, %s, not run: %q", fresh, item.Measure, item.Value, item.Expected, item.NotRun)
			}
		}
	}
}

// A toolchain that cannot be had, a probe that does not exist and a release that
// has no such go line are not measured, and never pass.
func TestNotMeasured(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	lab := openLab(t, false)
	c := claim.Claim{ID: "x", Instead: "y", Literal: []claim.Check{
		{Shows: "a", Measure: claim.Probed("no-such-probe", "k"), Op: claim.Is, Want: "1"},
		{Shows: "b", Measure: claim.Probed("safe-divide", "no such key"), Op: claim.Is, Want: "1"},
		{Shows: "c", Measure: claim.Compiled(hello), Op: claim.Is, Want: "ok", Under: claim.Variant{GoLine: "1.99"}},
		{Shows: "d", Measure: claim.Assembly("package main\n\nfunc main() { asm(1) }\n", "x"), Op: claim.Is, Want: "false"},
	}}
	results, err := Judge(context.Background(), lab, Plan{Claims: []claim.Claim{c}, Toolchains: []string{labrun.Local(), "go1.21.99"}})
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	if r.Verdict != claim.NotRun || len(r.Evidence) != 8 {
		t.Errorf("verdict %s, %d items", r.Verdict, len(r.Evidence))
	}
	for _, item := range r.Evidence {
		if item.NotRun == "" || item.Holds {
			t.Errorf("%+v: want a reason", item)
		}
	}
	var out bytes.Buffer
	if err := WriteText(&out, results, labrun.Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"x  not run", "does not tell", "undefined: asm"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if err := WriteDocs(t.TempDir(), results); err == nil {
		t.Error("documents were written of what was not run")
	}
}

func TestWriteJSON(t *testing.T) {
	results, err := Judge(context.Background(), openLab(t, false), Plan{Claims: []claim.Claim{sampleClaim()}, Toolchains: []string{labrun.Local()}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteJSON(&out, results); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "where", "says", "verdict", "evidence", "rerun"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q in %s", key, &out)
		}
	}
	if got["rerun"] != "backstop lab claims sample" {
		t.Errorf("rerun %q", got["rerun"])
	}
}

// nowhere are files, packages and declarations ("runtime/panic.go fatalpanic")
// that a statement names and this toolchain does not have.
var nowhere = map[string]bool{}

// A pattern that is looked for in the wrong place is never found: every file,
// package and declaration that a check names exists, but for those a statement
// made up.
func TestPlacesExist(t *testing.T) {
	ctx := context.Background()
	toolchain, err := labrun.FindToolchain(ctx, labrun.Local())
	if err != nil {
		crashtest.Skip(t, "%v", err)
	}
	s := newSource(toolchain)
	for _, c := range claim.All() {
		for _, check := range checks(&c) {
			m := check.Measure
			if m.Kind != claim.KindSource && m.Kind != claim.KindDeclared {
				continue
			}
			files, err := s.open(ctx, m.Name)
			if err != nil {
				t.Fatal(err)
			}
			if len(files) == 0 && !nowhere[m.Name] && check.On(toolchain.Minor) {
				t.Errorf("%s: %q looks into %s, which does not exist", c.ID, check.Shows, m.Name)
			}
			if m.Kind != claim.KindSource || len(files) == 0 {
				continue
			}
			value, err := match(files, m)
			if err != nil {
				t.Fatal(err)
			}
			if value.Text == "absent" && check.On(toolchain.Minor) && check.Want != "absent" && !nowhere[m.Name+" "+m.Key] {
				t.Errorf("%s: %q looks into %s of %s, which does not exist here", c.ID, check.Shows, m.Key, m.Name)
			}
		}
	}
}
