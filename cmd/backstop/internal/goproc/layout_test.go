package goproc

import (
	"errors"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// TestLayoutOf wants the code of each executable to agree with the layout of its
// release, and with no other that differs in what the tracer uses.
func TestLayoutOf(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		for _, mode := range modesOf(toolchain) {
			t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
				f, err := gobin.Open(tracee.Build(t, toolchain, mode))
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				l, err := LayoutOf(f)
				if err != nil {
					t.Fatal(err)
				}
				if l.Release != toolchain || !l.Exact {
					t.Errorf("the layout is that of %s, exact %v", l.Release, l.Exact)
				}
				for _, other := range layout.Releases() {
					wrong, err := layout.For(other)
					if err != nil {
						t.Fatal(err)
					}
					err = wrong.Verify(accessesOf(f))
					if mismatch := (*layout.MismatchError)(nil); differs(l, wrong) && !errors.As(err, &mismatch) {
						t.Errorf("the code agrees with the layout of %s: %v", other, err)
					}
				}
			})
		}
	}
}

// TestLayoutOfUnknownPatch takes releases for a patch release without a table:
// those of the minor release differ.
func TestLayoutOfUnknownPatch(t *testing.T) {
	for _, toolchain := range []string{"go1.23.6", "go1.23.12"} {
		t.Run(toolchain, func(t *testing.T) {
			f, err := gobin.Open(tracee.Build(t, toolchain, tracee.Stripped))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			candidates, err := layout.Candidates("go1.23.99", "amd64")
			if err != nil {
				t.Fatal(err)
			}
			l, err := verified(f, candidates)
			if err != nil {
				t.Fatal(err)
			}
			if l.Release != toolchain || l.Exact {
				t.Errorf("the code agrees with %s, exact %v", l.Release, l.Exact)
			}
			others, err := layout.Candidates("go1.26.99", "amd64")
			if err != nil {
				t.Fatal(err)
			}
			if l, err := verified(f, others); err == nil {
				t.Errorf("the code agrees with %s", l.Release)
			}
		})
	}
}

// differs says whether two layouts differ in g, m or p, where witnesses look.
// In small structures, code that uses the wrong offset is there all too easily.
func differs(a, b *layout.Layout) bool {
	seen := map[string]bool{}
	for _, w := range a.Witnesses() {
		for _, row := range w.Rows {
			seen[row] = !strings.HasPrefix(row, "runtime._panic")
		}
	}
	for _, r := range layout.Rows() {
		if seen[r.Name] && r.Value(a) != r.Value(b) {
			return true
		}
	}
	return false
}

// BenchmarkLayoutOf measures what attaching to an executable pays for it.
func BenchmarkLayoutOf(b *testing.B) {
	exe := tracee.Build(b, tracee.Toolchains[len(tracee.Toolchains)-1], tracee.PIEStripped)
	for b.Loop() {
		f, err := gobin.Open(exe)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := LayoutOf(f); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
