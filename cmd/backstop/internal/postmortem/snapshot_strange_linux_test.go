//go:build amd64

package postmortem

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/coretest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/inflight"
)

func TestMain(m *testing.M) {
	coretest.Main()
	crashtest.Main(m, map[string]crashtest.Program{"serves": serves})
}

// serves keeps a table of requests as the SDK does.
func serves([]string) {
	t, err := inflight.New()
	if err != nil {
		panic(err)
	}
	ready := make(chan bool)
	for id := range int64(3) {
		go func() {
			t.Enter(100+id, &inflight.Entry{Method: "PUT", Path: fmt.Sprintf("/cart/%d", id), Route: "PUT /cart/{id}", Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
			ready <- true
			select {}
		}()
		<-ready
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

// The table that the SDK keeps is read.
func TestTakeTable(t *testing.T) {
	cmd := crashtest.Command(t, "serves", &crashtest.Options{})
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	if _, err := io.ReadFull(out, make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	s := mustTake(t, cmd.Process.Pid, Options{})
	if len(s.Requests) != 3 {
		t.Fatalf("%+v", s.Requests)
	}
	for i, r := range s.Requests {
		if r.Via != ViaSDK || r.Method != "PUT" || r.URL != fmt.Sprintf("/cart/%d", i) || r.Route != "PUT /cart/{id}" || r.Goroutine != int64(100+i) ||
			r.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" || time.Since(r.StartedAt) > time.Minute {
			t.Errorf("%+v", r)
		}
	}
}

// Labels are read, and redacted unless they shall not be.
func TestTakeLabels(t *testing.T) {
	for _, toolchain := range []string{"go1.21.13", "go1.26.8"} {
		p := tracee.Start(t, tracee.Build(t, toolchain, tracee.Stripped))
		p.Do("labelled 3")
		labels := ""
		for _, g := range mustTake(t, p.PID, Options{}).Goroutines {
			if len(g.Labels) > 0 {
				labels = fmt.Sprint(g.Labels)
			}
		}
		if labels != "map[key0:value0 key1:value1 key2:value2]" {
			t.Errorf("%s: labels %s", toolchain, labels)
		}
	}
}

// A stack that is deeper than what is kept says so, and one that is large is
// suspicious.
func TestTakeDeep(t *testing.T) {
	p := tracee.Start(t, tracee.Build(t, "go1.26.8", tracee.Stripped))
	p.Do("stack 200")
	p.Do("stack 100000") // 100 MB, of which a part is copied
	var s *Snapshot
	var deep []*Goroutine
	for range 500 { // until it has got there
		s = mustTake(t, p.PID, Options{Frames: 300})
		deep = deepest(s)
		if len(deep) == 2 && deep[1].StackUsed >= 100<<20 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(deep) != 2 {
		t.Fatalf("%d deep stacks", len(deep))
	}
	if st := deep[0].Stack; st.Elided || st.Why != "" || len(st.Frames) < 201 || deep[0].CreatedBy == nil {
		t.Errorf("%d frames, elided %v: %s", len(st.Frames), st.Elided, st.Why)
	}
	if st := deep[1].Stack; !st.Elided || st.Why != "" || len(st.Frames) != 300 || deep[1].StackSize < 128<<20 || deep[1].StackUsed < 100<<20 {
		t.Errorf("%d frames, elided %v: %s; %d bytes", len(st.Frames), st.Elided, st.Why, deep[1].StackUsed)
	}
	if f := s.Findings(); len(f) != 1 || f[0].Kind != "stack" || f[0].Goroutines[0] != deep[1].ID {
		t.Errorf("%+v", f)
	}
	s = mustTake(t, p.PID, Options{Frames: 1 << 20}) // then the copy is what ends it
	if st := deepest(s)[1].Stack; !st.Elided || st.Why != "" || len(st.Frames) < 900 {
		t.Errorf("%d frames, elided %v: %s", len(st.Frames), st.Elided, st.Why)
	}
}

// deepest returns the goroutines in main.large, that with the deepest stack last.
func deepest(s *Snapshot) []*Goroutine {
	all := goroutinesIn(s, "main.large")
	slices.SortFunc(all, func(a, b *Goroutine) int { return cmp.Compare(a.StackUsed, b.StackUsed) })
	return all
}

// A goroutine that a signal has interrupted is read where that was: here its
// thread writes a traceback into a pipe that nobody empties.
func TestTakeInSignalHandler(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		seen := false
		for range 20 { // the signal may find the thread in the scheduler
			if seen = interruptedWhileSpinning(t, tracee.Build(t, toolchain, tracee.Stripped)); seen {
				break
			}
		}
		if !seen {
			t.Errorf("%s: no goroutine was interrupted in 20 processes", toolchain)
		}
	}
}

// interruptedWhileSpinning reports whether the goroutine that spins was running
// when its thread got the signal. If so, it checks what is seen of it.
func interruptedWhileSpinning(t *testing.T, exe string) bool {
	t.Helper()
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "GOTRACEBACK=all", "GOMAXPROCS=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StderrPipe(); err != nil { // holds 64 kB
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	// Before its first line it may not have a scheduler yet.
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("it says %q: %v", line, err)
	}
	fmt.Fprint(in, "park 2000 3\nspin\n")
	var spin []*Goroutine
	for deadline := time.Now().Add(20 * time.Second); (len(spin) == 0 || spin[0].Thread == 0) && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		spin = goroutinesIn(mustTake(t, cmd.Process.Pid, Options{}), "main.spin")
	}
	if len(spin) == 0 || spin[0].Thread == 0 {
		t.Fatal("nothing spins")
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_TGKILL, uintptr(cmd.Process.Pid), uintptr(spin[0].Thread), uintptr(syscall.SIGQUIT)); errno != 0 {
		t.Fatal(errno)
	}
	p, err := open(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for range 100 {
		time.Sleep(10 * time.Millisecond)
		s := mustTake(t, cmd.Process.Pid, Options{})
		spin := goroutinesIn(s, "main.spin")
		if len(spin) != 1 || spin[0].State != "running" {
			return false
		}
		th, err := ptrace.Stop(t.Context(), cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := th.Release(); err != nil {
			t.Fatal(err)
		}
		for _, thread := range th.Threads {
			if thread.ID != spin[0].Thread {
				continue
			}
			if fn, err := p.File.FuncAt(thread.Registers.PC); err != nil || fn.Name == "main.spin" {
				break // not there yet
			}
			g := spin[0]
			if g.Stack.Frames[0].Func != "main.spin" || g.Stack.Why != "" {
				t.Errorf("%+v", g.Stack)
			}
			return true
		}
	}
	return false
}

func TestInterruptedIn(t *testing.T) {
	const lo = 0x7f0000001000
	stack := make([]byte, 32<<10)
	put := func(at int, v uint64) { binary.LittleEndian.PutUint64(stack[at:], v) }
	put(96, lo) // chance: no size behind it
	at := 4096
	put(at, lo)
	put(at+16, uint64(len(stack)))
	put(at+24+10*8, 0xb9)
	put(at+24+15*8, 0x59)
	put(at+24+16*8, 0x9c)
	if r, ok := interruptedIn(stack, lo); !ok || r != (goproc.Registers{PC: 0x9c, SP: 0x59, BP: 0xb9, Trap: true}) {
		t.Errorf("%+v %v", r, ok)
	}
	if _, ok := interruptedIn(stack[:at+100], lo); ok {
		t.Error("found in what ends before")
	}
	if _, ok := interruptedIn(nil, lo); ok {
		t.Error("found in nothing")
	}
}

// A damaged memory gives an error or a snapshot, and no panic; never something
// endless.
func TestTakeDamaged(t *testing.T) {
	for _, toolchain := range []string{"go1.21.13", "go1.26.8", "go1.27.0"} {
		p := tracee.Start(t, tracee.Build(t, toolchain, tracee.Stripped))
		for _, command := range append(parked, "park 200 3", "spin") {
			p.Do(command)
		}
		if err := syscall.Kill(p.PID, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		awaitStopped(t, p.PID)
		whole := mustTake(t, p.PID, Options{})
		live, err := open(p.PID)
		if err != nil {
			t.Fatal(err)
		}
		defer live.close()
		threads := make(map[int]goproc.Registers)
		for _, m := range whole.Scheduler.Threads {
			threads[m.TID] = goproc.Registers{PC: 1, SP: 2, BP: 3, Trap: true}
		}
		errs := 0
		for seed := range uint64(300) {
			d := &damaged{from: live.Memory, r: rand.New(rand.NewPCG(seed, 1)), often: 1 << (seed % 14)}
			taken, err := take(&Image{Program: live.Program, Memory: d, Threads: threads, Now: 1 << 62})
			if err != nil {
				errs++
				continue
			}
			s := taken.build(Options{Raw: seed%2 == 0})
			s.Findings()
			if _, err := json.Marshal(s); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			if len(s.Goroutines) > len(whole.Goroutines)+100 {
				t.Errorf("seed %d: %d goroutines of %d", seed, len(s.Goroutines), len(whole.Goroutines))
			}
		}
		t.Logf("%s: %d of 300 are errors", toolchain, errs)
		if errs == 300 {
			t.Error("nothing but errors")
		}
	}
}

// damaged memory has wrong words, and parts that are not there.
type damaged struct {
	from  io.ReaderAt
	r     *rand.Rand
	often uint64 // one word in so many is wrong
}

func (d *damaged) ReadAt(b []byte, off int64) (int, error) {
	if d.r.Uint64N(64*d.often) == 0 {
		return 0, syscall.EIO
	}
	n, err := d.from.ReadAt(b, off)
	for at := 0; at+8 <= n; at += 8 {
		if d.r.Uint64N(16*d.often) == 0 {
			word := binary.LittleEndian.Uint64(b[at:])
			switch d.r.IntN(4) {
			case 0:
				word = d.r.Uint64()
			case 1:
				word ^= 1 << d.r.IntN(64)
			case 2:
				word = ^uint64(0)
			case 3:
				word += 8
			}
			binary.LittleEndian.PutUint64(b[at:], word)
		}
	}
	return n, err
}

func TestTakeRefused(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		crashtest.Skip(t, "%v", err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	var input *goproc.OpenError
	if _, err := Take(t.Context(), cmd.Process.Pid, Options{}); !errors.As(err, &input) || !strings.Contains(err.Error(), "not a Go executable") || input.Hint() == "" {
		t.Errorf("%v", err)
	}
	var refusal *ptrace.Refusal
	if _, err := Take(t.Context(), os.Getpid(), Options{}); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "that is this process") {
		t.Errorf("%v", err)
	}
}

// A hundred thousand goroutines: stopped-ms is how long the process stands, of
// which it is to be a second at most; the rest is done while it runs again.
func BenchmarkTake(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			p := tracee.Start(b, tracee.Build(b, "go1.26.8", tracee.PIEStripped))
			p.Do(fmt.Sprintf("park %d 3", n))
			var stopped time.Duration
			for b.Loop() {
				s := mustTake(b, p.PID, Options{})
				if len(s.Goroutines) < n {
					b.Fatalf("%d goroutines", len(s.Goroutines))
				}
				stopped += s.Stopped
			}
			b.ReportMetric(float64(stopped.Microseconds())/1000/float64(b.N), "stopped-ms/op")
		})
	}
}

// A goroutine that has not begun is shown with the function that it will begin
// with, although its first frame is one that the compiler made.
func TestTakeUnbegun(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		t.Run(toolchain, func(t *testing.T) {
			p := tracee.Start(t, tracee.Build(t, toolchain, tracee.Stripped), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
			p.Send("unbegun")
			begin := make(map[string]int)
			for end := time.Now().Add(20 * time.Second); len(begin) < 5 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				clear(begin)
				for _, g := range mustTake(t, p.PID, Options{}).Goroutines {
					if frames := g.Stack.shown(false); g.State == "runnable" && !g.System && len(frames) > 0 && strings.HasPrefix(frames[0].Func, "main.") {
						begin[frames[0].Func]++
					}
				}
			}
			// The others begin with a closure, and with a function in a variable:
			// which one that is, is not known before.
			inits := 0
			for name, n := range begin {
				if strings.HasPrefix(name, "main.init.") && n == 3 {
					inits++
				}
			}
			if begin["main.large"] != 3 || begin["main.(*account).forget"] != 3 || begin["main.short"] != 3 || inits != 2 {
				t.Errorf("%v", begin)
			}
		})
	}
}

// Goroutines that wait for one another's locks are found at once where they have
// deferred what would unlock them, and never among those that go on.
func TestTakeLockCycles(t *testing.T) {
	for i, toolchain := range tracee.Toolchains {
		mode := []tracee.Mode{tracee.Stripped, tracee.PIEStripped}[i%2]
		t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
			exe := tracee.BuildSmall(t, toolchain, mode)
			p := tracee.Start(t, exe)
			p.Do("cycle")
			var found []string
			for end := time.Now().Add(20 * time.Second); len(found) < 4 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				found = cyclesOf(mustTake(t, p.PID, Options{}))
			}
			want := []string{
				"1: main.twice", "2: main.backFirst main.frontFirst", "2: main.nested main.nested", "3: main.(*shelf).look main.init main.nested",
			}
			if !slices.Equal(found, want) {
				t.Errorf("%q", found)
			}
			p = tracee.Start(t, exe)
			p.Do("contend")
			waiting := 0
			for range 20 {
				s := mustTake(t, p.PID, Options{})
				if found := cyclesOf(s); len(found) > 0 {
					t.Errorf("of those that go on %q", found)
				}
				for _, g := range s.Goroutines {
					if isLock(g.State) && g.WaitsFor != 0 {
						waiting++
					}
				}
			}
			t.Logf("%d waited for locks in 20 snapshots", waiting)
		})
	}
}

// cyclesOf says which functions the goroutines of each cycle of locks began with.
func cyclesOf(s *Snapshot) []string {
	var all []string
	for _, f := range s.Findings() {
		if f.Kind != "lock_cycle" {
			continue
		}
		var names []string
		for _, id := range f.Goroutines {
			frames := s.goroutine(id).Stack.shown(false)
			name := frames[len(frames)-1].Func
			if strings.HasPrefix(name, "main.init.") {
				name = "main.init"
			}
			names = append(names, name)
		}
		slices.Sort(names)
		all = append(all, fmt.Sprintf("%d: %s", len(names), strings.Join(names, " ")))
	}
	slices.Sort(all)
	return all
}
