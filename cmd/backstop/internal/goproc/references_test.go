package goproc

import (
	"debug/elf"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// TestRoots compares what is found in code with the symbol table, in executables
// that have one; the code of stripped ones is the same.
func TestRoots(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		for _, mode := range modesOf(toolchain) {
			if mode == tracee.Stripped || mode == tracee.PIEStripped {
				continue
			}
			t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
				exe := tracee.BuildSmall(t, toolchain, mode)
				f, err := gobin.Open(exe)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				l, err := layout.For(f.GoVersion())
				if err != nil {
					t.Fatal(err)
				}
				got, err := FindRoots(f, uint64(l.Sched.Lock))
				if err != nil {
					t.Fatal(err)
				}
				want := symbols(t, exe)
				for name, addr := range map[string]uint64{
					"runtime.allgptr": got.Allgs, "runtime.allglen": got.Allglen, "runtime.allm": got.Allm,
					"runtime.allp": got.Allp, "runtime.sched": got.Sched,
				} {
					if addr != want[name] || addr == 0 {
						t.Errorf("%s at %#x, found at %#x", name, want[name], addr)
					}
				}
			})
		}
	}
}

// symbols returns the addresses of an executable's variables.
func symbols(t *testing.T, exe string) map[string]uint64 {
	t.Helper()
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	addrs := map[string]uint64{}
	for _, s := range all {
		addrs[s.Name] = s.Value
	}
	return addrs
}
