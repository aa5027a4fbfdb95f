//go:build amd64

package postmortem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func mustTake(tb testing.TB, pid int, o Options) *Snapshot {
	tb.Helper()
	s, err := Take(context.Background(), pid, o)
	var r *ptrace.Refusal
	if errors.As(err, &r) && os.Getuid() != 0 {
		crashtest.Skip(tb, "%v: %s", err, r.Hint)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// each runs a test with the program as toolchains build it in their modes.
func each(t *testing.T, f func(t *testing.T, exe string, mode tracee.Mode)) {
	t.Helper()
	for _, v := range tracee.Sample(tracee.Modes...) {
		t.Run(v.Toolchain+"/"+string(v.Mode), func(t *testing.T) { f(t, tracee.Build(t, v.Toolchain, v.Mode), v.Mode) })
	}
}

// parked are commands that leave goroutines waiting.
var parked = []string{
	"park 5 3", "mutex 12", "rwmutex 3", "waitgroup 2", "cond 2", "send 11", "receive 2", "select 2", "nil-channel",
	"sleepers 2", "deferred", "stack 40", "labelled 2", "lock", "syscall", "http",
	"sleep 100", // until the server waits
}

// What a snapshot says of goroutines is what the program's own traceback says of
// them: state, frames with lines, creator.
func TestTakeAsTraceback(t *testing.T) {
	each(t, func(t *testing.T, exe string, mode tracee.Mode) {
		p := tracee.Start(t, exe)
		for _, command := range parked {
			p.Do(command)
		}
		if mode == tracee.Cgo {
			p.Do("cgo-wait")
			p.Do("cgo-park")
		}
		own, err := crash.Parse(strings.NewReader(p.Do("traceback").Text))
		if err != nil {
			t.Fatal(err)
		}
		s := mustTake(t, p.PID, Options{})
		if len(s.Problems) > 0 {
			t.Error(s.Problems)
		}
		got := make(map[int64]*crash.Goroutine)
		report := s.Report()
		for i := range report.Goroutines {
			got[report.Goroutines[i].ID] = &report.Goroutines[i]
		}
		compared := 0
		for i := range own.Goroutines {
			want := &own.Goroutines[i]
			g := got[want.ID]
			if g == nil {
				t.Errorf("goroutine %d [%s] is not there", want.ID, want.State)
				continue
			}
			delete(got, want.ID)
			if want.ID == 1 { // it made the traceback, and waits for commands now
				continue
			}
			if diff := cmp.Diff(plain(want), plain(g)); diff != "" {
				t.Errorf("goroutine %d: the program says -, the snapshot +\n%s", want.ID, diff)
			}
			compared++
		}
		for id, g := range got {
			t.Errorf("goroutine %d [%s] is in the snapshot only", id, g.State)
		}
		if compared < 48 {
			t.Errorf("%d goroutines compared", compared)
		}
		checkWaits(t, s)
		for i := range s.Goroutines {
			if g := &s.Goroutines[i]; g.Stack == nil || g.Stack.Why != "" || len(g.Stack.Frames) == 0 {
				t.Errorf("goroutine %d [%s]: %+v", g.ID, g.State, g.Stack)
			}
		}
	})
}

// checkWaits checks that goroutines that wait for the same are known to.
func checkWaits(t *testing.T, s *Snapshot) {
	t.Helper()
	by := make(map[string]map[uint64]int)
	for i := range s.Goroutines {
		g := &s.Goroutines[i]
		if by[g.State] == nil {
			by[g.State] = make(map[uint64]int)
		}
		by[g.State][g.WaitsFor]++
	}
	rw := by["sync.RWMutex.RLock"]
	for state, n := range map[string]int{"sync.Mutex.Lock": 12, "chan send": 11} {
		if len(by[state]) != 1 || by[state][0] != 0 {
			t.Errorf("%s: %d goroutines wait for one thing, but %v", state, n, by[state])
		}
	}
	if len(rw) != 1 || rw[0] != 0 {
		t.Errorf("readers wait for %v", rw)
	}
	if of := by["select"]; len(of) != 1 || of[0] == 0 {
		t.Errorf("a select of several waits for %v", of)
	}
	var kinds []string
	for _, f := range s.Findings() {
		kinds = append(kinds, f.Kind)
	}
	if got := strings.Join(kinds, " "); !strings.Contains(got, "lock channel") || !strings.Contains(got, "nil_channel") || !strings.Contains(got, "panicking") {
		t.Errorf("findings %s", got)
	}
}

// plain is what a goroutine is compared by.
func plain(g *crash.Goroutine) []string {
	lines := []string{fmt.Sprintf("[%s] locked %v, waits %d minutes", g.State, g.LockedToThread, g.WaitMinutes)}
	for _, f := range g.Frames {
		lines = append(lines, fmt.Sprintf("%s %s:%d inlined %v", f.Func, f.File, f.Line, f.Inlined))
	}
	if c := g.CreatedBy; c != nil {
		lines = append(lines, fmt.Sprintf("created by %s %s:%d in %d", c.Func, c.File, c.Line, c.Goroutine))
	}
	return lines
}

// goroutinesIn returns the goroutines that are in a function.
func goroutinesIn(s *Snapshot, fn string) (all []*Goroutine) {
	for i := range s.Goroutines {
		if s.Goroutines[i].calls(fn) {
			all = append(all, &s.Goroutines[i])
		}
	}
	return all
}

// Goroutines that run are read from the registers of their threads.
func TestTakeRunning(t *testing.T) {
	each(t, func(t *testing.T, exe string, mode tracee.Mode) {
		p := tracee.Start(t, exe)
		p.Do("spin")
		var s *Snapshot
		var spin []*Goroutine
		for range 200 { // it may be preempted, on a busy machine
			s = mustTake(t, p.PID, Options{})
			if spin = goroutinesIn(s, "main.spin"); len(spin) == 1 && spin[0].State == "running" {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if len(spin) != 1 || spin[0].State != "running" || spin[0].Thread == 0 || spin[0].Stack.Frames[0].Func != "main.spin" || spin[0].CreatedBy == nil {
			t.Errorf("%+v", spin)
		}
		if mode == tracee.Cgo {
			p.Do("cgo-loop")
			s = mustTake(t, p.PID, Options{})
			// cgocall is the runtime's; what a traceback shows begins with the call.
			loop := goroutinesIn(s, "main._Cfunc_loopInC")
			if len(loop) != 1 || loop[0].State != "syscall" || loop[0].Stack.Why != "" {
				t.Errorf("in C: %+v", loop)
			}
		}
		p.Send("hang") // and the main goroutine
		for range 50 {
			s = mustTake(t, p.PID, Options{})
			if len(goroutinesIn(s, "main.main")) == 1 && len(goroutinesIn(s, "main.spin")) == 2 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("the main goroutine hangs, and is not seen to: %+v", goroutinesIn(s, "main.main"))
	})
}

// Whatever a program does at the moment, its goroutines are read and end where
// stacks end.
func TestTakeBusy(t *testing.T) {
	for _, toolchain := range tracee.Toolchains {
		t.Run(toolchain, func(t *testing.T) {
			p := tracee.Start(t, tracee.Build(t, toolchain, tracee.Stripped), "GOMAXPROCS=4")
			p.Do("churn")
			p.Do("spin")
			stacks, states := 0, make(map[string]int)
			for range 50 {
				s := mustTake(t, p.PID, Options{})
				for i := range s.Goroutines {
					g := &s.Goroutines[i]
					states[g.State]++
					// A stack that is being copied is in two places, and in none.
					if stacks++; g.Stack.Why != "" && g.State != "copystack" {
						t.Errorf("goroutine %d [%s]: %s", g.ID, g.State, g.Stack.Why)
						for _, f := range g.Stack.Frames {
							t.Logf("  %s %s:%d", f.Func, f.File, f.Line)
						}
					}
				}
			}
			t.Logf("%d stacks, %v", stacks, states)
			if states["running"] == 0 {
				t.Error("nothing ran")
			}
			p.Do("traceback") // it goes on
		})
	}
}

// A process that SIGSTOP stopped is read, and left stopped.
func TestTakeFrozen(t *testing.T) {
	p := tracee.Start(t, tracee.Build(t, "go1.26.8", tracee.Stripped))
	p.Do("park 3 1")
	if err := syscall.Kill(p.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitStopped(t, p.PID)
	s := mustTake(t, p.PID, Options{})
	if !s.Frozen || len(goroutinesIn(s, "main.park")) != 3 {
		t.Errorf("frozen %v, %d goroutines", s.Frozen, len(goroutinesIn(s, "main.park")))
	}
	awaitStopped(t, p.PID)
	if err := syscall.Kill(p.PID, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.Do("traceback")
}

func awaitStopped(t *testing.T, pid int) {
	t.Helper()
	for range 2000 {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(status), "State:\tT (stopped)") {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it is not stopped")
}

// The requests that an unmodified server serves are found, those and no others.
func TestTakeRequests(t *testing.T) {
	each(t, func(t *testing.T, exe string, _ tracee.Mode) {
		p := tracee.Start(t, exe)
		addr := p.Do("http").Text
		idle := dial(t, addr)
		fmt.Fprintf(idle, "GET /ok HTTP/1.1\r\nHost: idle\r\n\r\n")
		if _, err := io.ReadFull(idle, make([]byte, 12)); err != nil {
			t.Fatal(err)
		}
		dial(t, addr) // has sent nothing
		start := time.Now().Add(-time.Second)
		for i := range 5 {
			fmt.Fprintf(dial(t, addr), "POST /slow?token=secret%d HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n\r\n", i)
		}
		var s *Snapshot
		for range 200 {
			if s = mustTake(t, p.PID, Options{Raw: true}); len(s.Requests) == 5 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if len(s.Requests) != 5 || s.RequestsMore != 0 {
			t.Fatalf("%d requests: %+v", len(s.Requests), s.Requests)
		}
		seen := make(map[string]bool)
		for _, r := range s.Requests {
			seen[r.URL] = true
			if r.Method != "POST" || r.Host != "shop.example" || !strings.HasPrefix(r.Remote, "127.0.0.1:") || r.Via != ViaHTTP ||
				r.StartedAt.Before(start.Truncate(time.Second)) || r.StartedAt.After(s.TakenAt) {
				t.Errorf("%+v", r)
			}
		}
		for i := range 5 {
			if !seen[fmt.Sprintf("/slow?token=secret%d", i)] {
				t.Errorf("request %d is missing: %v", i, seen)
			}
		}
		serving := make(map[int64]bool)
		for _, g := range goroutinesIn(s, "net/http.HandlerFunc.ServeHTTP") {
			serving[g.ID] = true
		}
		for _, r := range s.Requests {
			if !serving[r.Goroutine] {
				t.Errorf("goroutine %d serves nothing", r.Goroutine)
			}
		}
		if r := mustTake(t, p.PID, Options{}).Requests[0]; r.URL != "/slow" || r.Remote != "" {
			t.Errorf("redacted: %+v", r)
		}
	})
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
