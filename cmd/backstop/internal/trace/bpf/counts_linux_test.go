package bpf_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
)

// totals adds up the counts of an executable.
func totals(t testing.TB, w *watch, exe uint32) map[bpf.Kind]bpf.Count {
	t.Helper()
	all, err := w.Counts()
	if err != nil {
		t.Fatal(err)
	}
	sum := map[bpf.Kind]bpf.Count{}
	for _, c := range all {
		if c.Exe != exe {
			continue
		}
		s := sum[c.Kind]
		sum[c.Kind] = bpf.Count{Exe: exe, Kind: c.Kind, Seen: s.Seen + c.Seen, Sent: s.Sent + c.Sent, Lost: s.Lost + c.Lost}
	}
	return sum
}

// Counts are those of the program itself, while stacks grow below the panics too:
// a probe at the entry of a function would count some twice.
func TestCounts(t *testing.T) {
	w := load(t, bpf.Options{})
	for i, toolchain := range tracee.Toolchains {
		mode := tracee.Modes[(i+2)%len(tracee.Modes)]
		t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
			exe := tracee.Private(t, tracee.Build(t, toolchain, mode))
			id := w.attach(target(t, exe))
			p := tracee.Start(t, exe)
			grown := p.Do("grow 5000").Count
			vain := p.Do("vain 300").Count
			stormed := p.Do("storm 2000 20").Count
			sum := totals(t, w, id)
			panics := uint64(grown + vain + stormed)
			if sum[bpf.Panic].Seen != panics || sum[bpf.Recover].Seen != panics || sum[bpf.Ineffective].Seen != uint64(vain) {
				t.Errorf("%d panics, of which %d in vain: %+v", panics, vain, sum)
			}
			if sent := sum[bpf.Panic].Sent; sent < 20 || sent > panics/2 || sum[bpf.Panic].Lost != 0 {
				t.Errorf("%d of %d panics have records", sent, panics)
			}
			if a, b := sum[bpf.Recover].Sent, sum[bpf.Panic].Sent; a < b {
				t.Errorf("%d recoveries of %d panics have records", a, b)
			}
		})
	}
	checkLosses(t, w, bpf.Losses{})
}

func checkLosses(t *testing.T, w *watch, want bpf.Losses) {
	t.Helper()
	if l, err := w.Losses(); err != nil || l != want {
		t.Errorf("lost %+v, %v; not %+v", l, err, want)
	}
}

// A storm in a ring buffer that is too small: what finds no room is counted.
func TestStormSmallRing(t *testing.T) {
	w := loadOnly(t, bpf.Options{Rate: -1, Ring: 1 << 16})
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[0], tracee.Stripped))
	id := w.attach(target(t, exe))
	p := tracee.Start(t, exe)
	n := uint64(p.Do("storm 5000 10").Count)
	sum := totals(t, w, id)
	panics, recoveries := sum[bpf.Panic], sum[bpf.Recover]
	if panics.Seen != n || recoveries.Seen != n || panics.Sent+panics.Lost != n || recoveries.Sent+recoveries.Lost != n {
		t.Errorf("%d panics: %+v", n, sum)
	}
	if panics.Lost == 0 {
		t.Error("nothing was lost in 64 KiB that nobody reads")
	}
	checkLosses(t, w, bpf.Losses{Ring: panics.Lost + recoveries.Lost})
	// What is in the buffer is whole.
	w.read()
	w.await(int(panics.Sent+recoveries.Sent), ofProcess(p))
}

// With more places than are kept, what happens at the others is counted together.
func TestManyPlaces(t *testing.T) {
	w := load(t, bpf.Options{Rate: -1, Places: 8})
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[0], tracee.Default))
	w.attach(target(t, exe))
	p := tracee.Start(t, exe)
	for _, shape := range p.Shapes() {
		p.Do(shape)
	}
	all, err := w.Counts()
	if err != nil {
		t.Fatal(err)
	}
	var others, seen uint64
	for _, c := range all {
		seen += c.Seen
		if c.Exe == 0 {
			others += c.Seen
		}
	}
	l, err := w.Losses()
	if err != nil || others == 0 || l.Places != others {
		t.Errorf("%d of %d at other places; %+v, %v", others, seen, l, err)
	}
	w.await(int(seen), ofProcess(p)) // they have records all the same
}

// Many goroutines panic at the same time; each recovery is paired with the panic
// of its own goroutine.
func TestConcurrent(t *testing.T) {
	w := load(t, bpf.Options{Rate: -1, Ring: 64 << 20})
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-1], tracee.PIE))
	id := w.attach(target(t, exe))
	p := tracee.Start(t, exe, "GOMAXPROCS=32") // so that probes are preempted by others
	n := p.Do("grow 20000").Count
	sum := totals(t, w, id)
	if sum[bpf.Panic].Seen != uint64(n) || sum[bpf.Panic].Sent+sum[bpf.Panic].Lost != uint64(n) {
		t.Fatalf("%+v", sum)
	}
	all := w.await(int(sum[bpf.Panic].Sent+sum[bpf.Recover].Sent), ofProcess(p))
	panics := map[string]bool{}
	for _, r := range all {
		key := fmt.Sprint(r.G, r.Goid, r.Since)
		if r.Kind == bpf.Panic {
			panics[fmt.Sprint(r.G, r.Goid, r.Time)] = true
			continue
		}
		if sum[bpf.Panic].Lost == 0 && !panics[key] {
			t.Errorf("a recovery of no panic: %+v", r)
		}
		delete(panics, key)
		if r.Panics != 1 {
			t.Errorf("it ends %d panics", r.Panics)
		}
	}
}

// Of two processes of one executable, the one that was asked for is seen.
func TestOneProcess(t *testing.T) {
	for _, single := range []bool{false, true} {
		t.Run(fmt.Sprintf("single=%t", single), func(t *testing.T) {
			w := load(t, bpf.Options{Rate: -1, Single: single})
			exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[0], tracee.PIE))
			one, other := tracee.Start(t, exe), tracee.Start(t, exe)
			to := target(t, exe)
			to.Path, to.PID = fmt.Sprintf("/proc/%d/exe", one.PID), one.PID
			id := w.attach(to)
			other.Do("string")
			one.Do("storm 50")
			other.Do("string")
			w.await(100, ofProcess(one))
			if sum := totals(t, w, id); sum[bpf.Panic].Seen != 50 {
				t.Errorf("%+v", sum)
			}
			if n := len(w.records()); n != 100 {
				t.Errorf("%d records", n)
			}
		})
	}
}

// Perf events, as on kernels before 6.6, see what one link with all sites sees.
func TestSingleProbes(t *testing.T) {
	w := load(t, bpf.Options{Rate: -1, Single: true})
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-1], tracee.Default))
	id := w.attach(target(t, exe))
	p := tracee.Start(t, exe) // later than the probes
	n := 0
	for shape, want := range sequences {
		if shape == "cgo-callback" {
			continue
		}
		p.Do(shape)
		k := len(w.await(n+1, ofProcess(p)))
		crashtest.Eventually(t, "the shape "+shape, func() bool {
			all := w.await(k, ofProcess(p))[n:]
			return sequence(all) == want
		})
		n = len(w.await(n, ofProcess(p)))
	}
	if err := w.Detach(id); err != nil {
		t.Error(err)
	}
	p.Do("string")
	if k := len(w.await(n, ofProcess(p))); k != n {
		t.Errorf("%d records after Detach", k-n)
	}
}

// More threads than processors: probes are preempted by others, which must not
// write into the same buffer.
func TestCrowd(t *testing.T) {
	exe := tracee.Private(t, tracee.BuildFrom(t, os.DirFS("testdata/crowd"), tracee.Toolchains[len(tracee.Toolchains)-1], tracee.Stripped))
	w := load(t, bpf.Options{Rate: -1, Ring: 256 << 20})
	id := w.attach(target(t, exe))
	out, err := exec.Command(exe).Output()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	sum := totals(t, w, id)
	if sum[bpf.Panic].Seen != n || sum[bpf.Recover].Seen != n {
		t.Errorf("%d panics: %+v", n, sum)
	}
	checkLosses(t, w, bpf.Losses{})
	all := w.await(int(2*n), func(bpf.Record) bool { return true })
	file, err := gobin.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was read only
	depths := map[int]int{}
	for _, r := range all {
		if r.Kind != bpf.Panic {
			continue
		}
		p := goproc.Program{File: file, Bias: r.Bias}
		s := p.Unwind(r.Stack, r.Regs, r.Links, 0)
		if depths[len(s.Frames)]++; s.Why != "" {
			t.Fatalf("a stack ends early: %s", s.Why)
		}
		if !holds(t, exe, r, "in a crowd") {
			t.Fatal("a record without the text")
		}
	}
	if len(depths) != 1 {
		t.Errorf("stacks of %v frames", depths)
	}
}

// Without stacks, places are those with stacks, and values are there.
func TestNoStacks(t *testing.T) {
	w := load(t, bpf.Options{Rate: -1})
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-1], tracee.PIE))
	p := tracee.Start(t, exe)
	var sites []uint64
	for _, no := range []bool{false, true} {
		to := target(t, exe)
		to.NoStacks = no
		id := w.attach(to)
		p.Do("deep")
		r := w.await(1, func(r bpf.Record) bool { return r.Exe == id && r.Kind == bpf.Panic })[0]
		sites = append(sites, r.Site)
		stack := slices.ContainsFunc(r.Stack, func(p goproc.Piece) bool { return len(p.Bytes) == 2048 })
		if stack == no || (len(r.Links) == 0) != no || !holds(t, exe, r, "deep") {
			t.Errorf("no stacks: %t, %d pieces, %d links", no, len(r.Stack), len(r.Links))
		}
		if err := w.Detach(id); err != nil {
			t.Error(err)
		}
	}
	if sites[0] != sites[1] {
		t.Errorf("one place is %x", sites)
	}
}
