package gobin_test

import (
	"errors"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// TestSite asks for every function of each release: the numbers of those that
// unwinding treats apart belong to them by name, and the stack pointer is known
// wherever it is asked for.
func TestSite(t *testing.T) {
	for _, toolchain := range toolchains {
		t.Run(toolchain, func(t *testing.T) {
			need(t, toolchain)
			f := open(t, build(t, toolchain, pieStripped))
			if minor(toolchain) < 21 {
				start, _ := f.Text()
				var unknown *gobin.UnknownReleaseError
				if _, err := f.Site(start); !errors.As(err, &unknown) || unknown.GoVersion != toolchain {
					t.Errorf("%v", err)
				}
				return
			}
			checkSites(t, f)
		})
	}
	f := open(t, build(t, current(), linux386))
	start, end := f.Text()
	for _, pc := range []uint64{0, start - 1, end, 1 << 63} {
		if s, err := f.Site(pc); !errors.Is(err, gobin.ErrNotFound) {
			t.Errorf("%#x: %+v, %v", pc, s, err)
		}
	}
}

// checkSites compares numbers with names.
func checkSites(t *testing.T, f *gobin.File) {
	t.Helper()
	named := map[string]gobin.FuncID{
		"runtime.cgocallback": gobin.FuncCgoCallback, "runtime.morestack": gobin.FuncMorestack,
		"runtime.systemstack": gobin.FuncSystemstack, "runtime.gopanic": gobin.FuncGopanic,
		"runtime.panicwrap": gobin.FuncPanicwrap, "runtime.sigpanic": gobin.FuncSigpanic,
		"runtime.asyncPreempt": gobin.FuncAsyncPreempt, "runtime.debugCallV2": gobin.FuncDebugCall,
		"runtime.goexit": gobin.FuncGoexit, "runtime.main": gobin.FuncRuntimeMain,
	}
	top := map[string]bool{"runtime.goexit": true, "runtime.mstart": true, "runtime.rt0_go": true}
	writes := map[string]bool{"runtime.systemstack": true, "runtime.morestack": true, "runtime.mcall": true}
	// Which one may be missing: the program needs no panicwrap.
	found, moved := map[gobin.FuncID]bool{}, 0
	err := f.Funcs(func(fn gobin.Func) bool {
		first, err := f.Site(fn.Entry)
		if err != nil || first.Entry != fn.Entry || first.End != fn.End {
			t.Errorf("%s: %+v, %v", fn.Name, first, err)
			return true
		}
		// Before Go 1.25 the wrappers of assembly functions have their names.
		want := named[fn.Name]
		if fn.Wrapper {
			want = gobin.FuncWrapper
		}
		if first.ID != want {
			t.Errorf("%s has number %d, want %d", fn.Name, first.ID, want)
		}
		if want > gobin.FuncWrapper {
			found[want] = true
		}
		if top[fn.Name] && !fn.Wrapper && !first.TopFrame || writes[fn.Name] && !fn.Wrapper && !first.SPWrite {
			t.Errorf("%s: %+v", fn.Name, first)
		}
		for pc := fn.Entry; pc < fn.End; pc++ {
			s, err := f.Site(pc)
			if err == nil && s.SPDelta > 0 {
				moved++
				break
			}
			if err != nil && !errors.Is(err, gobin.ErrNotFound) {
				t.Errorf("%s: %#x: %v", fn.Name, pc, err)
			}
		}
		return true
	})
	if err != nil || len(found) < len(named)-1 || moved < 500 {
		t.Errorf("%d of %d functions that matter, %d with a frame, %v", len(found), len(named), moved, err)
	}
}
