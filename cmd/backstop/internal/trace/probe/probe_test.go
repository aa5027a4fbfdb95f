package probe_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// known is the layout of a release.
func known(t *testing.T, release string) *layout.Layout {
	t.Helper()
	l, err := layout.For(release)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func open(t *testing.T, exe string) *gobin.File {
	t.Helper()
	f, err := gobin.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// Each toolchain and mode has all sites, each is what the kernel emulates, and
// the file has its bytes.
func TestFind(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		for _, mode := range tracee.Modes {
			t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
				exe := tracee.BuildSmall(t, toolchain, mode)
				sites, err := probe.Find(open(t, exe), known(t, toolchain))
				if err != nil {
					t.Fatal(err)
				}
				if len(sites.Sites) != 9 || len(sites.Absent) != 0 {
					t.Fatalf("%d sites, absent %v", len(sites.Sites), sites.Absent)
				}
				old := toolchain < "go1.26"
				for _, s := range sites.Sites {
					checkSite(t, s, old)
				}
				if len(sites.Ignore) == 0 {
					t.Error("nothing of preprintpanics to ignore")
				}
				file, err := os.ReadFile(exe)
				if err != nil {
					t.Fatal(err)
				}
				if err := sites.Verify(bytes.NewReader(file)); err != nil {
					t.Error(err)
				}
				file[sites.Sites[2].Offset] ^= 1
				var refused *probe.RefusedError
				if err := sites.Verify(bytes.NewReader(file)); !errors.As(err, &refused) || refused.Func != "runtime.recovery" {
					t.Errorf("a changed file: %v", err)
				}
			})
		}
	}
}

func checkSite(t *testing.T, s probe.Site, old bool) {
	t.Helper()
	if s.Kind == bpf.Ineffective {
		jne := s.Bytes[0] == 0x75 || s.Bytes[0] == 0x0f && s.Bytes[1] == 0x85
		je := s.Bytes[0] == 0x74 || s.Bytes[0] == 0x0f && s.Bytes[1] == 0x84
		if jne != s.Fall || je == s.Fall || s.Fall != old || (s.Frame == 0) != old {
			t.Errorf("%s: % x, fall %t, frame %#x", s.Func, s.Bytes, s.Fall, s.Frame)
		}
		return
	}
	if !bytes.HasPrefix(s.Bytes, []byte{0x55, 0x48, 0x89, 0xe5}) {
		t.Errorf("%s: % x", s.Func, s.Bytes)
	}
}

// A layout that disagrees with the code is refused, and nothing is probed.
func TestFindOtherLayout(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-1], tracee.Stripped)
	sites, err := probe.Find(open(t, exe), known(t, "go1.25.14"))
	var refused *probe.RefusedError
	if !errors.As(err, &refused) || refused.Func != "runtime.gorecover" || sites != nil {
		t.Errorf("%v, %v", sites, err)
	}
}

// Code that is not as gc writes it is refused, whichever byte is another; what
// is accepted still is a push and a jump.
func TestFindDamaged(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[0], tracee.Stripped)
	whole, err := probe.Find(open(t, exe), known(t, "go1.21.13"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	refusals, old := 0, known(t, "go1.21.13")
	for _, s := range whole.Sites {
		for back := uint64(0); back < 16; back++ {
			damaged := bytes.Clone(file)
			damaged[s.Offset-back] ^= 0x5a
			f, err := gobin.New(bytes.NewReader(damaged))
			if err != nil {
				t.Fatal(err)
			}
			got, err := probe.Find(f, old)
			if err != nil {
				refusals++
				continue
			}
			for _, s := range got.Sites {
				checkSite(t, s, s.Fall)
			}
		}
	}
	if refusals < len(whole.Sites) {
		t.Errorf("%d refusals only", refusals)
	}
}

// Programs for other machines have no sites.
func TestFindOtherArchitecture(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "arm64")
	build(t, exe, "GOARCH=arm64")
	if _, err := probe.Find(open(t, exe), known(t, "go1.26.8")); err == nil {
		t.Error("sites for arm64")
	}
}

// What a program does not call is not linked, and not missed.
func TestFindAbsent(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "small")
	build(t, exe)
	f := open(t, exe)
	sites, err := probe.Find(f, known(t, f.GoVersion()))
	if err != nil {
		t.Fatal(err)
	}
	if len(sites.Absent) != 2 || len(sites.Sites) != 7 {
		t.Errorf("%d sites, absent %v", len(sites.Sites), sites.Absent)
	}
}

// An executable whose functions have other names, as garble makes them, is
// refused by name; so is one that is cut off.
func TestFindRenamed(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[0], tracee.Stripped)
	file, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	name := []byte("\x00runtime.gopanic\x00")
	at := bytes.Index(file, name)
	if at < 0 {
		t.Fatal("no such name")
	}
	copy(file[at:], "\x00runtime.gARBLED\x00")
	f, err := gobin.New(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var refused *probe.RefusedError
	sites, err := probe.Find(f, known(t, "go1.21.13"))
	if !errors.As(err, &refused) || refused.Func != "runtime.gopanic" || sites != nil || refused.Hint() == "" {
		t.Errorf("%v, %v", sites, err)
	}
	whole, err := probe.Find(open(t, exe), known(t, "go1.21.13"))
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.Verify(bytes.NewReader(file[:len(file)/100])); err == nil {
		t.Error("a file that was cut off is as it was")
	}
}
