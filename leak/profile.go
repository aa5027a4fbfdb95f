package leak

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
)

// Profile writes, as text, the stacks of the goroutines that can never go on,
// because nobody else has the channel or the lock that they wait for. It has the
// garbage collector look for them, so it costs a collection.
//
// The toolchain must know how: Go 1.27, or Go 1.26 with
// GOEXPERIMENT=goroutineleakprofile. Elsewhere the error wraps
// errors.ErrUnsupported and says so.
func Profile(w io.Writer) error {
	p := pprof.Lookup("goroutineleak")
	if p == nil {
		return fmt.Errorf("profile of leaked goroutines: %s has none; build with Go 1.27, or with Go 1.26 and GOEXPERIMENT=goroutineleakprofile: %w",
			runtime.Version(), errors.ErrUnsupported)
	}
	if err := p.WriteTo(w, 1); err != nil {
		return fmt.Errorf("profile of leaked goroutines: %w", err)
	}
	return nil
}
