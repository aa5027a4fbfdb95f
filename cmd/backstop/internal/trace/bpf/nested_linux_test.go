package bpf_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// More panics of one goroutine are open than are kept: all are counted, those that
// are kept are paired exactly, and of the others it is said that there were too many.
func TestNested(t *testing.T) {
	const n, more = bpf.MaxOpen + 4, 4
	w := load(t, bpf.Options{Rate: -1})
	var nested uint64
	for _, toolchain := range []string{tracee.Toolchains[0], tracee.Toolchains[1], tracee.Toolchains[len(tracee.Toolchains)-1]} {
		exe := tracee.Private(t, tracee.BuildFrom(t, os.DirFS("testdata/nest"), toolchain, tracee.Stripped))
		id := w.attach(target(t, exe))
		cmd := exec.Command(exe)
		cmd.Stdin = strings.NewReader(fmt.Sprintf("each %d\nall %d\neach %d\nall %d\n", n, n, bpf.MaxOpen, bpf.MaxOpen))
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
		all := w.await(2*n+n+1+3*bpf.MaxOpen+1, func(r bpf.Record) bool { return int(r.PID) == cmd.Process.Pid })
		sum := totals(t, w, id)
		if sum[bpf.Panic].Seen != 2*n+2*bpf.MaxOpen || sum[bpf.Recover].Seen != n+1+bpf.MaxOpen+1 {
			t.Errorf("%s: %+v", toolchain, sum)
		}
		checkEach(t, all[:2*n], more)
		checkAll(t, all[2*n:3*n+1], true)
		all = all[3*n+1:]
		checkEach(t, all[:2*bpf.MaxOpen], 0)
		checkAll(t, all[2*bpf.MaxOpen:], false)
		nested += 2 * more
	}
	checkLosses(t, w, bpf.Losses{Nested: nested})
}

// checkEach looks at panics that are recovered one by one, the newest first, of which
// the oldest are not kept.
func checkEach(t *testing.T, all []bpf.Record, more int) {
	t.Helper()
	panics := all[:len(all)/2]
	for i, r := range all[len(all)/2:] {
		p := panics[len(panics)-1-i]
		lost := i >= bpf.MaxOpen
		// With the last of those that are kept, others may have ended, too.
		if nested := more > 0 && i >= bpf.MaxOpen-1; r.Nested != nested {
			t.Errorf("recovery %d: nested %t", i, r.Nested)
		}
		if lost && (r.Since != 0 || r.Site != 0 || r.Panics != 0) || !lost && (r.Since != p.Time || r.Site != p.Site || r.Panics != 1) {
			t.Errorf("recovery %d: %+v of panic %+v", i, r, p)
		}
		if len(r.Recoverer) != 2 || r.Resume == 0 {
			t.Errorf("recovery %d by %x, goes on at %x", i, r.Recoverer, r.Resume)
		}
		if r.Depth >= p.Depth || i+1 < len(panics) && r.Depth <= panics[len(panics)-2-i].Depth {
			t.Errorf("recovery %d goes on %d below the top of the stack, the panic was at %d", i, r.Depth, p.Depth)
		}
	}
}

// checkAll looks at panics that one recovery ends.
func checkAll(t *testing.T, all []bpf.Record, nested bool) {
	t.Helper()
	r, newest := all[len(all)-1], all[len(all)-2]
	if r.Kind != bpf.Recover || r.Since != newest.Time || r.Panics != bpf.MaxOpen || r.Nested != nested {
		t.Errorf("recovery %+v of panic %+v", r, newest)
	}
	for _, p := range all[:len(all)-1] {
		if p.Kind != bpf.Panic || p.Depth <= r.Depth {
			t.Errorf("panic at %d, the recovery goes on at %d: %+v", p.Depth, r.Depth, p)
		}
	}
}
