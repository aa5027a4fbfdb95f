package backstop

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/backstop-go/backstop/internal/sampling"
)

// manyGoroutines is the number from which a crash shows only the goroutine that
// crashed: the runtime walks and prints every stack before the process ends,
// 0.4 s for 10,000 idle goroutines and 4.5 s for 100,000.
const manyGoroutines = 10000

// follows is the traceback level that was set by the number of goroutines; nil
// when it does not follow that: a level was chosen by Options or GOTRACEBACK.
var follows atomic.Pointer[string]

// setTraceback asks the runtime for the stacks of all goroutines, unless
// whoever started the program has decided (runtime/debug.SetTraceback).
func (a *agent) setTraceback() {
	a.checkTraceback()
	follows.Store(nil)
	switch {
	case os.Getenv("GOTRACEBACK") != "":
	case a.options.Traceback != "":
		debug.SetTraceback(a.options.Traceback)
	default:
		follows.Store(new(string))
		followGoroutines()
		a.unwatch = sampling.Add(func(time.Time) { followGoroutines() }, 100*time.Millisecond)
	}
}

// followGoroutines sets the level that goes with the number of goroutines. It
// is called by a sample of the requests and of the goroutines started, because a
// timer would keep Go's deadlock detector from working.
func followGoroutines() {
	old := follows.Load()
	if old == nil {
		return
	}
	level := "all"
	// A margin, so that the level does not change all the time.
	if n := runtime.NumGoroutine(); n > manyGoroutines || n > manyGoroutines*9/10 && *old == "single" {
		level = "single"
	}
	if level != *old && follows.CompareAndSwap(old, &level) {
		debug.SetTraceback(level)
	}
}
