package postmortem

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

// A world makes snapshots of one process.
type world struct {
	at     time.Time
	stacks map[string]*Stack
	sites  map[string]*Creator
}

func newWorld() *world {
	return &world{at: time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC), stacks: make(map[string]*Stack), sites: make(map[string]*Creator)}
}

// snapshot makes one after some time, of goroutines.
func (w *world) snapshot(after time.Duration, all ...Goroutine) *Snapshot {
	w.at = w.at.Add(after)
	return &Snapshot{Version: Version, TakenAt: w.at, Process: event.Process{PID: 7, Start: 1, BootID: "b"}, GoVersion: "go1.26.8", Goroutines: all}
}

// in makes a goroutine in a function, started by main.main on a line.
func (w *world) in(id int64, state, fn string, line int) Goroutine {
	key := fn
	if w.stacks[key] == nil {
		w.stacks[key] = &Stack{Frames: []Frame{{Func: fn, File: "/src/main.go", Line: 5}}}
	}
	by := fn + string(rune('0'+line))
	if w.sites[by] == nil {
		w.sites[by] = &Creator{Func: "main.main", File: "/src/main.go", Line: line}
	}
	return Goroutine{ID: id, State: state, Stack: w.stacks[key], CreatedBy: w.sites[by], Parent: 1, StackSize: 8192}
}

// again is the same goroutine in another snapshot, with a stack of its own as one
// that was read has.
func again(g Goroutine) Goroutine {
	s := *g.Stack
	g.Stack = &s
	return g
}

func kinds(all []Finding) string {
	var names []string
	for _, f := range all {
		names = append(names, f.Kind)
	}
	return strings.Join(names, " ")
}

func TestCompareGrowth(t *testing.T) {
	w := newWorld()
	before := []Goroutine{w.in(10, "chan receive", "main.worker", 3), w.in(11, "IO wait", "main.read", 4)}
	after := []Goroutine{again(before[0])}
	for i := range 12 {
		after = append(after, w.in(int64(20+i), "select", "main.leak", 9))
	}
	d := Compare(w.snapshot(0, before...), w.snapshot(time.Minute, after...))
	if !d.SameProcess || d.Before.Goroutines != 2 || d.After.Goroutines != 13 {
		t.Errorf("%+v", d)
	}
	if len(d.Sites) != 2 || d.Sites[0].CreatedBy.Line != 9 || d.Sites[0].grown() != 12 || d.Sites[1].grown() != -1 {
		t.Errorf("%+v", d.Sites)
	}
	if len(d.Kinds) != 2 || d.Kinds[0].Stack.Frames[0].Func != "main.leak" || d.Kinds[0].After != 12 {
		t.Errorf("%+v", d.Kinds)
	}
	if kinds(d.Concerns) != "growth" || !strings.Contains(d.Concerns[0].Text, "main.main at main.go:9: 0, then 12") {
		t.Errorf("%+v", d.Concerns)
	}
	if len(d.Stuck) != 1 || d.Stuck[0].Count != 1 || d.Stuck[0].SameWait != 0 {
		t.Errorf("%+v", d.Stuck)
	}
	// The same the other way round is no fault.
	if d := Compare(w.snapshot(0, after...), w.snapshot(time.Minute, before...)); len(d.Concerns) != 0 {
		t.Errorf("%+v", d.Concerns)
	}
}

func TestCompareStuck(t *testing.T) {
	w := newWorld()
	locked := w.in(10, "sync.Mutex.Lock", "main.get", 3)
	locked.WaitsFor = 0xc000012340
	loops := w.in(11, "running", "main.loop", 4)
	idle := w.in(12, "chan receive", "main.worker", 5)
	idle.Since = 100
	moved := w.in(13, "IO wait", "main.read", 6)
	nothing := w.in(14, "chan send (nil chan)", "main.nothing", 7)
	busy := again(loops) // on another line, and called something from there
	busy.Stack.Frames = append([]Frame{{Func: "strings.Index", File: "/go/strings.go", Line: 9}}, busy.Stack.Frames...)
	busy.Stack.Frames[1].Line, busy.State = 77, "runnable"
	waitsAnew, reads := again(idle), again(moved)
	waitsAnew.Since = 200
	reads.State, reads.Stack = "runnable", w.in(0, "", "main.handle", 1).Stack
	before := w.snapshot(0, locked, loops, idle, moved, nothing)
	after := w.snapshot(30*time.Second, again(locked), busy, waitsAnew, reads, again(nothing))
	before.Requests = []Request{{Goroutine: 10, Method: "GET", URL: "/cart", StartedAt: w.at.Add(-time.Minute)}, {Goroutine: 13, Method: "GET", URL: "/"}}
	after.Requests = []Request{before.Requests[0], {Goroutine: 13, Method: "GET", URL: "/other"}}
	d := Compare(before, after)
	var stuck []string
	for _, s := range d.Stuck {
		stuck = append(stuck, s.Stack.Frames[len(s.Stack.Frames)-1].Func)
	}
	if got := strings.Join(stuck, " "); got != "main.get main.loop main.nothing" {
		t.Errorf("stuck: %s", got)
	}
	if got := kinds(d.Concerns); got != "lock busy nil_channel request" {
		t.Errorf("concerns %s: %+v", got, d.Concerns)
	}
	if len(d.Requests) != 1 || d.Requests[0].URL != "/cart" {
		t.Errorf("%+v", d.Requests)
	}
	var text bytes.Buffer
	if err := WriteDiff(&text, d, textview.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"two snapshots of process 7, 30s apart", "a goroutine waits for the same lock as 30s before",
		"[sync.Mutex.Lock]  main.get  /src/main.go:5  in one wait", "GET /cart  for 1m00s",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	// Another process: only numbers can be compared.
	after.Process.Start++
	d = Compare(before, after)
	if d.SameProcess || len(d.Stuck) != 0 || len(d.Requests) != 0 || len(d.Concerns) != 0 {
		t.Errorf("%+v", d)
	}
	if b, err := json.Marshal(d); err != nil || strings.Contains(string(b), "null") && !strings.Contains(string(b), `"sites":`) {
		t.Errorf("%s %v", b, err)
	}
}

func TestCompareStacks(t *testing.T) {
	w := newWorld()
	grows, large, small := w.in(10, "running", "main.walk", 3), w.in(11, "select", "main.deep", 4), w.in(12, "select", "main.x", 5)
	large.StackSize = 512 << 20
	grown, bit := again(grows), again(small)
	grown.StackSize, bit.StackSize = 4<<20, 16384
	d := Compare(w.snapshot(0, grows, large, small), w.snapshot(time.Second, grown, again(large), bit))
	if len(d.Stacks) != 2 || d.Stacks[0].Goroutine != 11 || d.Stacks[1].After != 4<<20 || d.Stacks[1].Deepest != "main.walk" {
		t.Errorf("%+v", d.Stacks)
	}
	if got := kinds(d.Concerns); got != "busy stack" || !strings.Contains(d.Concerns[1].Text, "the next time it grows") {
		t.Errorf("%+v", d.Concerns)
	}
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(w *world, s *Snapshot)
		want string
	}{
		{"healthy", func(w *world, s *Snapshot) {
			s.Goroutines = []Goroutine{w.in(1, "IO wait", "main.main", 1), w.in(2, "chan receive", "main.worker", 2)}
		}, ""},
		{"deadlock", func(w *world, s *Snapshot) {
			signals := w.in(3, "syscall", "os/signal.signal_recv", 3)
			s.Goroutines = []Goroutine{w.in(1, "sync.WaitGroup.Wait", "main.main", 1), w.in(2, "chan receive", "main.worker", 2), signals, {ID: 4, State: "GC worker (idle)", System: true}}
		}, "deadlock"},
		{"nothing but the runtime", func(_ *world, s *Snapshot) {
			s.Goroutines = []Goroutine{{ID: 4, State: "GC worker (idle)", System: true}}
		}, ""},
		{"stopped world", func(_ *world, s *Snapshot) { s.Scheduler = &Scheduler{StopTheWorld: true} }, "stop_the_world"},
		{"nil channel", func(w *world, s *Snapshot) {
			s.Goroutines = []Goroutine{w.in(1, "IO wait", "main.main", 1), w.in(2, "chan receive (nil chan)", "main.worker", 2)}
		}, "nil_channel"},
		{"leaked", func(w *world, s *Snapshot) {
			g := w.in(2, "chan receive", "main.worker", 2)
			g.Leaked = true
			s.Goroutines = []Goroutine{w.in(1, "IO wait", "main.main", 1), g}
		}, "leaked"},
		{"crowd", func(w *world, s *Snapshot) {
			s.Goroutines = []Goroutine{w.in(1, "IO wait", "main.main", 1)}
			for i := range 10 {
				g := w.in(int64(i+2), "sync.Mutex.Lock", "main.get", 2)
				g.WaitsFor = 0xc000
				s.Goroutines = append(s.Goroutines, g)
				g = w.in(int64(i+50), "sync.Mutex.Lock", "main.put", 2)
				g.WaitsFor = uint64(i + 1) // each at a lock of its own
				s.Goroutines = append(s.Goroutines, g)
			}
		}, "lock"},
		{"blocked senders", func(w *world, s *Snapshot) {
			s.Goroutines = []Goroutine{w.in(1, "IO wait", "main.main", 1)}
			for i := range 10 {
				g := w.in(int64(i+2), "chan send", "main.put", 2)
				g.WaitsFor = 0xc000
				s.Goroutines = append(s.Goroutines, g)
			}
		}, "channel"},
		{"leak", func(w *world, s *Snapshot) {
			s.Goroutines = []Goroutine{w.in(1, "IO wait", "main.main", 1)}
			for i := range 1000 {
				s.Goroutines = append(s.Goroutines, w.in(int64(i+2), "select", "main.watch", 2))
			}
		}, "many_alike"},
		{"large stack", func(w *world, s *Snapshot) {
			g := w.in(1, "IO wait", "main.main", 1)
			g.StackSize = 64 << 20
			s.Goroutines = []Goroutine{g}
		}, "stack"},
		{"slow request", func(_ *world, s *Snapshot) {
			s.Requests = []Request{{Goroutine: 3, StartedAt: s.TakenAt.Add(-time.Minute)}, {Goroutine: 4, StartedAt: s.TakenAt.Add(-time.Second)}, {Goroutine: 5}}
		}, "request"},
		{"panicking", func(w *world, s *Snapshot) {
			s.Goroutines = []Goroutine{w.in(1, "IO wait", "runtime.gopanic", 1)}
		}, "panicking"},
		{"no processor", func(w *world, s *Snapshot) {
			s.Scheduler = &Scheduler{Processors: []Processor{{}}}
			for i := range 11 {
				s.Goroutines = append(s.Goroutines, w.in(int64(i+2), "runnable", "main.watch", 2))
			}
		}, "runnable"},
	} {
		w := newWorld()
		s := w.snapshot(0)
		c.make(w, s)
		got := s.Findings()
		if kinds(got) != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
		for _, f := range got {
			if f.Text == "" || f.Kind != "stop_the_world" && len(f.Goroutines) == 0 {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}

// A process that trace has frozen as it died is not told to be stopped for some
// other reason.
func TestDyingIsNoFinding(t *testing.T) {
	s := sample()
	s.Scheduler.StopTheWorld, s.Dying = true, "a panic: \x1b[31m"
	if got := stopped(s); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	var text bytes.Buffer
	if err := WriteText(&text, s, textview.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); !strings.Contains(got, "stopped for 3ms; frozen by backstop trace as it died of a panic: \\x1b[31m\n") || strings.Contains(got, "it was stopped before") || strings.Contains(got, "the world is stopped") {
		t.Error(got)
	}
}

func TestWriteText(t *testing.T) {
	s := sample()
	s.Dying = ""
	s.Goroutines[1].State = "evil\x1b[31m" // a program may be hostile
	var text bytes.Buffer
	if err := WriteText(&text, s, textview.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"snapshot of shop, process 4711  go1.26.8, stripped", "example.com/shop at abc", "stopped for 3ms; it was stopped before",
		"4 goroutines: 2 sync.Mutex.Lock, 1 evil", "1 more of the runtime itself", "memory: 1.0 MB resident, 8.2 kB of stacks, the collector is at work",
		"3 requests in flight", "GET /cart  for 1m00s", "goroutine 18 [", "main.(*Cache).Get  /src/shop/cache.go:31",
		"the longest waits", "goroutine 20 [sync.Mutex.Lock] for 2m00s", "the stack ends here: cut",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.ContainsRune(text.String(), '\x1b') {
		t.Error("an escape sequence of the program reaches the terminal")
	}
	text.Reset()
	if err := WriteGoroutine(&text, s, 19, textview.Options{}); err != nil || !strings.Contains(text.String(), "created by net/http.(*Server).Serve in goroutine 1") {
		t.Errorf("%v\n%s", err, text.String())
	}
	if err := WriteGoroutine(&text, s, 4, textview.Options{}); err == nil {
		t.Error("goroutine 4 is there")
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 999: "999 bytes", 8192: "8.2 kB", 1_000_000_000: "1 GB", 64 << 20: "67 MB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{1500 * time.Microsecond: "1.5ms", 12 * time.Second: "12s", 125 * time.Second: "2m05s", 3*time.Hour + 5*time.Minute: "3h05m"} {
		if got := rough(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
