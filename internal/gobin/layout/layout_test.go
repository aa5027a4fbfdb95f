package layout_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// TestPinnedToolchains wants a table for each toolchain of the lab, which has a
// baseline for each.
func TestPinnedToolchains(t *testing.T) {
	baselines, err := filepath.Glob(filepath.Join("..", "..", "..", "lab", "baseline", "go*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(baselines) < 7 {
		t.Fatalf("the lab has %d baselines", len(baselines))
	}
	for _, path := range baselines {
		release := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		for _, arch := range []string{"amd64", "arm64"} {
			all, err := layout.Candidates(release, arch)
			if err != nil {
				t.Errorf("%v: name it in gen/main.go and run go generate", err)
				continue
			}
			switch l := all[0]; {
			case len(all) != 1 || !l.Exact || l.Release != release || l.Arch != arch:
				t.Errorf("%s on %s has the table of %s on %s, exact %v", release, arch, l.Release, l.Arch, l.Exact)
			}
		}
	}
}

// TestFor tells releases with a table of their own from those that have none.
func TestFor(t *testing.T) {
	for version, want := range map[string]string{
		"go1.21.13":                         "go1.21.13 exact",
		"go1.24.9":                          "go1.24.13 exact",
		"go1.23.6":                          "go1.23.6 exact",
		"go1.21.0":                          "go1.21.13 exact",
		"go1.21":                            "go1.21.13 exact",
		"go1.22.7":                          "go1.22.12 exact",
		"go1.23.0":                          "go1.23.6 exact",
		"go1.23.8":                          "go1.23.6 exact",
		"go1.23.11":                         "go1.23.6 exact",
		"go1.23.12":                         "go1.23.12 exact",
		"go1.23.99":                         "go1.23.12",
		"go1.24.3":                          "go1.24.5 exact",
		"go1.24.6":                          "go1.24.13 exact",
		"go1.24.7":                          "go1.24.13 exact",
		"go1.26.99":                         "go1.26.8",
		"go1.26rc1":                         "go1.26.8",
		"go1.26.8-vendor":                   "go1.26.8",
		"go1.21.13 (Vendor 1.21.13-1.el9)":  "go1.21.13",
		"go1.26.8 X:nosuchexperiment":       "refused",
		"go1.26.8-X:nosuchexperiment":       "refused",
		"go1.24.13 X:nospinbitmutex":        "refused",
		"go1.25.14 X:jsonv2,nospinbitmutex": "refused",
		"go1.25.14 X:jsonv2":                "go1.25.14 exact",
		"go1.25.14 X:jsonv2,greenteagc":     "go1.25.14 exact",
		"go1.26.8-X:nogreenteagc":           "go1.26.8 exact",
		"go1.20.14":                         "refused",
		"go1.28.0":                          "refused",
		"go2.0":                             "refused",
		"go1.26.99999999999999999999":       "refused",
		"go1.":                              "refused",
		"":                                  "refused",
		"devel go1.26-0123abcd Mon Jan 1":   "refused",
		"go1.26-devel_0123abcdef Mon Jan 1": "refused",
		"go1.26-20260101-RC00 cl/1 +0123":   "refused",
		"something else":                    "refused",
	} {
		l, err := layout.For(version)
		got := "refused"
		if err == nil {
			if got = l.Release; l.Exact {
				got += " exact"
			}
		} else if unknown := (*layout.UnknownReleaseError)(nil); !errors.As(err, &unknown) || unknown.GoVersion != version {
			t.Errorf("%q: error %T, %v", version, err, err)
		}
		if got != want {
			t.Errorf("%q: %s, want %s (%v)", version, got, want, err)
		}
	}
	for _, arch := range []string{"386", "riscv64", ""} {
		if _, err := layout.Candidates("go1.26.8", arch); err == nil || !strings.Contains(err.Error(), "amd64") {
			t.Errorf("%q: %v", arch, err)
		}
	}
}

// TestInside wants fields to stand within their structures and apart.
func TestInside(t *testing.T) {
	for _, release := range layout.Releases() {
		l, err := layout.For(release)
		if err != nil {
			t.Fatal(err)
		}
		sizes := map[string]int64{}
		for _, r := range layout.Rows() {
			if slices.Contains(r.Fields, "sizeof") {
				sizes[r.Struct[0]] = r.Value(l)
			}
		}
		taken := map[string][]layout.Row{}
		for _, r := range layout.Rows() {
			at := r.Value(l)
			if r.Const || at < 0 || slices.Contains(r.Fields, "sizeof") {
				continue
			}
			name := r.Struct[0]
			if size, ok := sizes[name]; ok && at+r.Width > size {
				t.Errorf("%s: %s at %d of %d bytes", release, r.Name, at, sizes[name])
			}
			for _, other := range taken[name] {
				if o := other.Value(l); at < o+other.Width && o < at+r.Width {
					t.Errorf("%s: %s at %d and %s at %d overlap", release, r.Name, at, other.Name, o)
				}
			}
			taken[name] = append(taken[name], r)
		}
	}
}

// TestEssential wants what the tracer cannot do without.
func TestEssential(t *testing.T) {
	for _, release := range layout.Releases() {
		l, err := layout.For(release)
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range map[string]layout.Offset{
			"g.m": l.G.M, "g.goid": l.G.Goid, "g.sched.pc": l.G.SchedPC, "g.sched.bp": l.G.SchedBP, "g.labels": l.G.Labels,
			"g.startpc": l.G.StartPC, "m.curg": l.M.CurG, "m.procid": l.M.ProcID, "m.alllink": l.M.AllLink,
			"_panic.arg": l.Panic.Arg, "_panic.recovered": l.Panic.Recovered, "_panic.sp": l.Panic.SP,
			"p.runq": l.P.Runq, "schedt.lock": l.Sched.Lock, "moduledata.types": l.Module.Types, "Type.Str": l.Type.Str,
		} {
			if !o.Has() {
				t.Errorf("%s: no %s", release, name)
			}
		}
		if l.Status.Running != 2 || l.Status.Scan != 0x1000 || l.Throw.Runtime == layout.NoStatus {
			t.Errorf("%s: states %+v, throwing %+v", release, l.Status, l.Throw)
		}
		if (l.Labels == layout.LabelMap) != l.Hmap.Buckets.Has() || (l.Labels == layout.LabelMap) != l.Bucket.Keys.Has() {
			t.Errorf("%s: labels in form %d, map %+v", release, l.Labels, l.Hmap)
		}
		if i := slices.Index(l.WaitReasons, "chan receive"); i < 14 {
			t.Errorf("%s: wait reasons %q", release, l.WaitReasons)
		}
		// 1.21 keeps where a recovery resumes in the g, later releases in the panic.
		if resumesByPanic := release != "go1.21.13"; l.Panic.RetPC.Has() != resumesByPanic {
			t.Errorf("%s: retpc at %d", release, l.Panic.RetPC)
		}
	}
}

// TestTextIsWhole wants the table to be as it would be written: one tab between
// cells, rows in order.
func TestTextIsWhole(t *testing.T) {
	text, err := os.ReadFile("table.txt")
	if err != nil {
		t.Fatal(err)
	}
	var before string
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		name, _, _ := strings.Cut(line, "\t")
		switch name {
		case "arch":
			before = ""
		case "releases", "same", "experiments":
		default:
			if !strings.HasPrefix(name, "#") && name <= before {
				t.Errorf("row %q after %q", name, before)
			}
			before = name
		}
	}
}

// TestVerify gives evidence that a layout agrees with, then lets single fields
// stand elsewhere.
func TestVerify(t *testing.T) {
	rows := map[string]layout.Row{}
	for _, r := range layout.Rows() {
		rows[r.Name] = r
	}
	for _, release := range layout.Releases() {
		l, err := layout.For(release)
		if err != nil {
			t.Fatal(err)
		}
		witnesses := l.Witnesses()
		if len(witnesses) < 10 {
			t.Errorf("%s: %d witnesses", release, len(witnesses))
		}
		evidence := func(wrong string) func(string) ([]layout.Access, error) {
			return func(function string) (all []layout.Access, err error) {
				for _, w := range witnesses {
					if w.Func != function {
						continue
					}
					for _, name := range w.Rows {
						if name != wrong {
							all = append(all, layout.Access{Offset: rows[name].Value(l), Width: rows[name].Width})
						}
					}
				}
				return all, nil
			}
		}
		if err := l.Verify(evidence("")); err != nil {
			t.Errorf("%s: %v", release, err)
		}
		for _, w := range witnesses {
			for _, name := range w.Rows {
				mismatch := (*layout.MismatchError)(nil)
				if err := l.Verify(evidence(name)); !errors.As(err, &mismatch) || !slices.Contains(mismatch.Missing, name) {
					t.Errorf("%s, %s in vain: %v", release, name, err)
				}
			}
		}
		gone := errors.New("gone")
		if err := l.Verify(func(string) ([]layout.Access, error) { return nil, gone }); !errors.Is(err, gone) {
			t.Errorf("%s: %v", release, err)
		}
	}
}

// TestCandidates wants those of one minor release, the nearest first.
func TestCandidates(t *testing.T) {
	all, err := layout.Candidates("go1.23.99", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range all {
		names = append(names, l.Release)
		if l.Exact {
			t.Errorf("%s is called exact", l.Release)
		}
	}
	if strings.Join(names, " ") != "go1.23.12 go1.23.6" {
		t.Errorf("candidates %q", names)
	}
}
