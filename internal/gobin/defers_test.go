package gobin_test

import (
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// TestOpenDefers asks for every function: where it says that defers are kept in the
// frame, that is within the frame.
func TestOpenDefers(t *testing.T) {
	for _, toolchain := range toolchains {
		if minor(toolchain) < 21 {
			continue
		}
		t.Run(toolchain, func(t *testing.T) {
			need(t, toolchain)
			f := open(t, build(t, toolchain, pieStripped))
			with := 0
			err := f.Funcs(func(fn gobin.Func) bool {
				d, ok := f.OpenDefers(fn.Entry)
				if !ok {
					return true
				}
				with++
				size := uint64(0) // the largest that the frame becomes
				for pc := fn.Entry; pc < fn.End; pc++ {
					if s, err := f.Site(pc); err == nil && s.SPDelta > 0 {
						size = max(size, uint64(s.SPDelta))
					}
				}
				if d.Bits == 0 || d.Bits > size || len(d.Slots) == 0 || len(d.Slots) > 8 || d.Slots[0] > size || d.Slots[0] < 8 {
					t.Errorf("%s: %+v in a frame of %d bytes", fn.Name, d, size)
				}
				return true
			})
			if err != nil || with < 5 {
				t.Errorf("%d functions: %v", with, err)
			}
		})
	}
}
