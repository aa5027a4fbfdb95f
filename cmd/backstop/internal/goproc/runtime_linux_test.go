package goproc

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
)

// TestGoroutines compares what is read of a stopped process with what the
// process said of itself just before, for each toolchain and mode.
func TestGoroutines(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		for _, mode := range modesOf(toolchain) {
			t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
				process := tracee.Start(t, tracee.BuildSmall(t, toolchain, mode))
				for _, command := range []string{"park 40 3", "labelled 3", "labelled 20", "labelled 1", "lock", "syscall", "spin", "gc"} {
					process.Do(command)
				}
				said := headers(process.Do("traceback").Text)
				p, mem := stop(t, process)
				rt, err := p.Runtime(mem)
				if err != nil {
					t.Fatal(err)
				}
				compareGoroutines(t, rt, said)
				checkScheduler(t, rt, process.PID)
			})
		}
	}
}

// TestGoroutinesOfRunning reads a program that goes on: the goroutines that stay
// are found each time, whatever else changes.
func TestGoroutinesOfRunning(t *testing.T) {
	process := tracee.Start(t, tracee.Build(t, "go1.26.8", tracee.Stripped))
	process.Do("park 500 2")
	p, mem := open(t, process)
	process.Send("grow 200000")
	for round := range 50 {
		rt, err := p.Runtime(mem)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		parked := 0
		for g := range rt.Goroutines() {
			if g.State == "select (no cases)" {
				parked++
			}
		}
		if parked != 500 {
			t.Errorf("round %d: %d goroutines wait; problems %q", round, parked, rt.Problems)
		}
	}
}

// A header is what a traceback says of a goroutine.
type header struct {
	state   string
	locked  bool
	parent  uint64
	creator string // function, file:line +offset
}

var (
	headLine    = regexp.MustCompile(`^goroutine (\d+) (?:gp=\S+ m=.*)?\[([^,\]]*)(?:, [^\]]*)?\]:$`)
	createdLine = regexp.MustCompile(`^created by (.*) in goroutine (\d+)$`)
)

func headers(text string) map[uint64]header {
	all := map[uint64]header{}
	id := uint64(0)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if m := headLine.FindStringSubmatch(line); m != nil {
			id, _ = strconv.ParseUint(m[1], 10, 64)
			all[id] = header{state: m[2], locked: strings.Contains(line, "locked to thread")}
		}
		if m := createdLine.FindStringSubmatch(line); m != nil && i+1 < len(lines) {
			h := all[id]
			h.parent, _ = strconv.ParseUint(m[2], 10, 64)
			h.creator = m[1] + " " + strings.TrimSpace(lines[i+1])
			all[id] = h
		}
	}
	return all
}

func compareGoroutines(t *testing.T, rt *Runtime, said map[uint64]header) {
	t.Helper()
	if len(said) < 45 {
		t.Errorf("the traceback has %d goroutines", len(said))
	}
	labels := map[int]bool{}
	seen := map[uint64]bool{}
	for g := range rt.Goroutines() {
		if g.System {
			if _, ok := said[g.ID]; ok {
				t.Errorf("goroutine %d (%s) is called the system's", g.ID, rt.StartFunc(&g))
			}
			continue
		}
		h, ok := said[g.ID]
		if !ok {
			t.Errorf("goroutine %d [%s] (%s) is not in the traceback", g.ID, g.State, rt.StartFunc(&g))
			continue
		}
		seen[g.ID] = true
		compareGoroutine(t, rt, g, h)
		all, err := rt.Labels(&g)
		if err != nil {
			t.Errorf("goroutine %d: %v", g.ID, err)
		}
		if len(all) > 0 {
			labels[len(all)] = true
			checkLabels(t, all)
		}
	}
	for id := range said {
		if !seen[id] {
			t.Errorf("goroutine %d is missing", id)
		}
	}
	if !labels[1] || !labels[3] || !labels[20] {
		t.Errorf("goroutines have so many labels: %v", labels)
	}
	if len(rt.Problems) > 0 {
		t.Errorf("problems: %q", rt.Problems)
	}
}

func compareGoroutine(t *testing.T, rt *Runtime, g Goroutine, h header) {
	t.Helper()
	start := rt.StartFunc(&g)
	switch {
	case g.ID == 1: // it wrote the traceback, and reads commands now
	case start == "main.spin":
		// Whoever scans its stack may have it preempted at this moment
		// (runtime.suspendG, _Gpreempted).
		if g.State != "running" && g.State != "runnable" && g.State != "preempted" {
			t.Errorf("the spinning goroutine is %s", g.State)
		}
		if g.State == "running" && (g.Thread == 0 || !rt.Running(&g)) {
			t.Errorf("the spinning goroutine runs on thread %d", g.Thread)
		}
	case g.State != h.state || g.Locked != h.locked:
		t.Errorf("goroutine %d is %q, locked %v, not %+v", g.ID, g.State, g.Locked, h)
	}
	if g.State == "syscall" && (!g.Syscall || rt.funcName(g.Regs.PC) == "") {
		t.Errorf("goroutine %d is in a system call, registers %+v", g.ID, g.Regs)
	}
	if g.Parent != h.parent {
		t.Errorf("goroutine %d was created by %d, not by %d", g.ID, g.Parent, h.parent)
	}
	if c, ok := rt.CreatedBy(&g); ok != (h.creator != "") || ok && fmt.Sprintf("%s %s:%d +%#x", c.Func, c.File, c.Line, c.Offset) != h.creator {
		t.Errorf("goroutine %d was created by %+v, not by %s", g.ID, c, h.creator)
	}
	if !rt.Running(&g) && (g.Regs.SP <= g.StackLo || g.Regs.SP >= g.StackHi || rt.funcName(g.Regs.PC) == "") {
		t.Errorf("goroutine %d has registers %+v and the stack [%#x, %#x)", g.ID, g.Regs, g.StackLo, g.StackHi)
	}
}

func checkLabels(t *testing.T, all []Label) {
	t.Helper()
	var want []Label
	for i := range all {
		want = append(want, Label{fmt.Sprintf("key%d", i), fmt.Sprintf("value%d", i)})
	}
	slices.SortFunc(want, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	if !slices.Equal(all, want) {
		t.Errorf("labels %q, want %q", all, want)
	}
}

// checkScheduler compares threads with those of the system.
func checkScheduler(t *testing.T, rt *Runtime, pid int) {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	threads := map[uint64]bool{}
	for _, task := range tasks {
		id, err := strconv.ParseUint(task.Name(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		threads[id] = true
	}
	running, starting := 0, 0
	for _, m := range rt.Ms {
		if m.Thread == 0 {
			if !m.Extra { // those are for threads that C may create
				starting++ // a new thread notes its id itself (runtime.minit)
			}
			continue
		}
		if !threads[m.Thread] {
			t.Errorf("m %d is thread %d, which the process does not have", m.ID, m.Thread)
		}
		delete(threads, m.Thread)
		if m.CurG != 0 {
			running++
			if g, ok := rt.Goroutine(m.CurG); !ok || g.M != m.Addr {
				t.Errorf("m %d runs the goroutine at %#x, which is run by %#x", m.ID, m.CurG, g.M)
			}
		}
		if m.Locks < 0 || m.Dying != 0 || m.Throwing != 0 || m.Mallocing != 0 {
			t.Errorf("m %d: %+v", m.ID, m)
		}
	}
	if len(threads) > starting || starting > 1 {
		t.Errorf("threads %v are no m; %d are starting", threads, starting)
	}
	if running == 0 {
		t.Error("no m runs a goroutine, although one spins")
	}
	if len(rt.Ps) != 2 || rt.Sched.MCount < int64(len(rt.Ms)) || rt.Sched.MaxMCount != 10000 || rt.Sched.SystemGs < 3 {
		t.Errorf("%d Ps, %+v", len(rt.Ps), rt.Sched)
	}
}

// stop stops the process and returns what reads it.
func stop(t testing.TB, process *tracee.Process) (*Program, *os.File) {
	t.Helper()
	if err := syscall.Kill(process.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !allStopped(t, process.PID); {
		if time.Now().After(deadline) {
			t.Fatal("the process does not stop")
		}
		time.Sleep(time.Millisecond)
	}
	return open(t, process)
}

// open returns what reads the process.
func open(t testing.TB, process *tracee.Process) (*Program, *os.File) {
	t.Helper()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", process.PID))
	if errors.Is(err, os.ErrPermission) {
		t.Fatalf("a child's memory: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mem.Close() })
	f, err := gobin.Open(process.Cmd.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	l, err := LayoutOf(f)
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{File: f, Layout: l}
	if f.PIE() {
		p.Bias = loadedAt(t, process.PID, process.Cmd.Path) - firstSegment(t, process.Cmd.Path)
	}
	return p, mem
}

// allStopped says whether every thread is stopped.
func allStopped(t testing.TB, pid int) bool {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/stat", pid, task.Name()))
		if err != nil {
			return false
		}
		if _, state, ok := strings.Cut(string(stat), ") "); !ok || state[0] != 'T' {
			return false
		}
	}
	return true
}

// firstSegment returns the address that the file gives its first page.
func firstSegment(t testing.TB, exe string) uint64 {
	t.Helper()
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off == 0 {
			return p.Vaddr
		}
	}
	t.Fatalf("%s has no first segment", exe)
	return 0
}

// loadedAt returns where the executable's first page is.
func loadedAt(t testing.TB, pid int, exe string) uint64 {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	for s := bufio.NewScanner(maps); s.Scan(); {
		if fields := strings.Fields(s.Text()); len(fields) == 6 && fields[5] == exe && fields[2] == "00000000" {
			start, _, _ := strings.Cut(fields[0], "-")
			addr, err := strconv.ParseUint(start, 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return addr
		}
	}
	t.Fatalf("%s is not mapped", exe)
	return 0
}
