package goproc

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
				f, err := gobin.Open(tracee.BuildSmall(t, toolchain, mode))
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

// TestLayoutOfOthers refuses executables for other systems and architectures.
func TestLayoutOfOthers(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"main.go": "package main\n\nfunc main() { println() }\n", "go.mod": "module other\n\ngo 1.21\n"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range []string{"linux/arm64", "freebsd/amd64", "windows/amd64", "linux/386"} {
		goos, goarch, _ := strings.Cut(target, "/")
		exe := filepath.Join(dir, goos+goarch)
		cmd := exec.Command("go", "build", "-o", exe, ".")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build for %s: %v\n%s", target, err, out)
		}
		f, err := gobin.Open(exe)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := LayoutOf(f); !errors.As(err, new(*layout.UnknownReleaseError)) {
			t.Errorf("%s: %v, %v", target, l, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// modesOf returns the modes of building, for the oldest and the newest release
// also without optimization.
func modesOf(toolchain string) []tracee.Mode {
	if all := tracee.Toolchains; toolchain == all[0] || toolchain == all[len(all)-1] {
		return append(slices.Clone(tracee.Modes), tracee.Unoptimized)
	}
	return tracee.Modes
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
