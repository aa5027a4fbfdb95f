package trace_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/crashtest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// A session is a run of the tracer and what it has told.
type session struct {
	tb      testing.TB
	stop    context.CancelFunc
	ended   chan struct{}
	summary *trace.Summary
	err     error

	mu       sync.Mutex
	events   []*trace.Event
	targets  []trace.Attachment
	notices  []string
	attached chan struct{}
}

// start traces until the test ends or end is called, and returns when probes are
// on the first executable.
func start(tb testing.TB, o trace.LiveOptions) *session {
	tb.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(tb, "loading programs into the kernel needs root")
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	s := &session{tb: tb, stop: stop, ended: make(chan struct{}), attached: make(chan struct{})}
	var once sync.Once
	o.OnEvent = func(e *trace.Event) {
		s.mu.Lock()
		s.events = append(s.events, e)
		s.mu.Unlock()
	}
	o.OnTarget = func(a trace.Attachment) {
		s.mu.Lock()
		s.targets = append(s.targets, a)
		s.mu.Unlock()
		once.Do(func() { close(s.attached) })
	}
	o.OnNotice = func(text string) {
		s.mu.Lock()
		s.notices = append(s.notices, text)
		s.mu.Unlock()
	}
	o.OnTick = func(trace.Status, []*trace.Site) {}
	go func() {
		defer close(s.ended)
		s.summary, s.err = trace.Run(ctx, o)
	}()
	tb.Cleanup(func() { s.stop(); <-s.ended })
	return s
}

// end ends the run and returns what it has told.
func (s *session) end() []*trace.Event {
	s.tb.Helper()
	s.stop()
	<-s.ended
	if s.err != nil {
		s.tb.Fatal(s.err)
	}
	return s.events
}

// ready waits until probes are there.
func (s *session) ready() {
	s.tb.Helper()
	select {
	case <-s.attached:
	case <-s.ended:
		s.tb.Fatalf("the tracer has ended: %v", s.err)
	}
}

// await waits for an event.
func (s *session) await(what string, ok func(*trace.Event) bool) *trace.Event {
	s.tb.Helper()
	var found *trace.Event
	s.tb.Cleanup(func() {
		if found == nil {
			for _, e := range s.events {
				s.tb.Logf("%s %s of process %d, end %+v", e.Kind, e.Outcome, e.PID, e.End)
			}
			s.tb.Log(s.notices)
		}
	})
	crashtest.Eventually(s.tb, what+" was told", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range s.events {
			if ok(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

func ofPID(pid int) trace.LiveOptions {
	return trace.LiveOptions{Host: host.Options{Selection: host.Selection{PIDs: []int{pid}}}, Rate: -1}
}

// Each way to panic, told with the goroutine, the value and the stack that the
// program itself has seen.
func TestPanics(t *testing.T) {
	for _, toolchain := range []string{tracee.Toolchains[0], tracee.Toolchains[len(tracee.Toolchains)-1]} {
		t.Run(toolchain, func(t *testing.T) {
			p := tracee.Start(t, tracee.Private(t, tracee.Build(t, toolchain, tracee.PIEStripped)))
			o := ofPID(p.PID)
			o.Raw = true
			s := start(t, o)
			s.ready()
			want := make(map[string]tracee.Panic)
			total := 0
			for _, shape := range p.Shapes() {
				for _, saw := range p.Do(shape).Panics {
					want[key(shown(saw.Stack), saw.Goid)] = saw
					total++
				}
			}
			events := s.end()
			if total < 40 {
				t.Fatalf("the program has seen %d panics", total)
			}
			found := 0
			for _, e := range events {
				if e.Kind != trace.Panic {
					continue
				}
				var stack []tracee.Frame
				for _, f := range e.Frames {
					stack = append(stack, tracee.Frame{Func: f.Func, File: f.File, Line: f.Line})
				}
				saw, ok := want[key(stack, e.Goroutine)]
				if !ok {
					continue // replaced by a later one before the program could see it
				}
				found++
				delete(want, key(stack, e.Goroutine))
				if e.Value == nil || e.Value.Type != saw.Type {
					t.Errorf("value %+v, the program saw a %s: %s", e.Value, saw.Type, saw.Text)
				}
				if e.Outcome == trace.Replaced && saw.Text == "once" {
					continue // its deferred function panics again
				}
				if e.Outcome != trace.Recovered || e.Recovery == nil || e.Recovery.By == nil || !strings.HasPrefix(e.Recovery.By.Func, "main.") || e.Recovery.After <= 0 {
					t.Errorf("%s: %s, recovery %+v", saw.Text, e.Outcome, e.Recovery)
				}
			}
			for _, saw := range want {
				t.Errorf("not told: %s %q in %s and %d calls more", saw.Type, saw.Text, saw.Stack[0].Func, len(saw.Stack)-1)
			}
			if s.summary.Panics < uint64(total) || !s.summary.Exact || s.summary.Losses != (trace.Losses{}) {
				t.Errorf("summary %+v, the program saw %d panics", s.summary, total)
			}
			t.Logf("%d of %d panics", found, total)
		})
	}
}

// shown leaves out what tracebacks do: what the runtime does not export.
func shown(stack []tracee.Frame) (kept []tracee.Frame) {
	for _, f := range stack {
		rest, ours := strings.CutPrefix(f.Func, "runtime.")
		switch {
		case f.Func == "runtime.gopanic":
			f.Func = "panic"
		case ours && (rest[0] < 'A' || rest[0] > 'Z'):
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

// key is a stack, as deep as it is kept, and its goroutine.
func key(stack []tracee.Frame, goid uint64) string {
	stack = stack[:min(len(stack), 500)]
	var b strings.Builder
	for _, f := range stack {
		b.WriteString(f.Func + " " + f.File + ":" + strconv.Itoa(f.Line) + "\n")
	}
	return b.String() + strconv.Itoa(int(goid))
}

// Each way to die, named as the traceback that the program prints is, so that both
// are one issue.
func TestDeaths(t *testing.T) {
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.Stripped))
	s := start(t, trace.LiveOptions{Host: host.Options{Selection: host.Selection{Exes: []string{exe}}}, Rate: -1, Raw: true})
	first := tracee.Start(t, exe)
	s.ready()
	first.Send("sleep 0")
	for _, command := range []string{
		"die-string", "die-error", "die-custom", "die-stringer", "die-level", "die-nil", "die-index", "die-nested", "die-repanic",
		"die-deep", "die-goroutine", "die-too-deep", "map-write", "unlock", "overflow", "fault",
	} {
		t.Run(command, func(t *testing.T) {
			p := tracee.Start(t, exe)
			p.Send(command)
			_ = p.Wait() // it dies
			printed, err := crash.Parse(strings.NewReader(p.Stderr.String()))
			if err != nil {
				t.Fatalf("%v in %s", err, p.Stderr)
			}
			e := s.await(command, func(e *trace.Event) bool {
				return int(e.PID) == p.PID && e.End != nil && e.Outcome != trace.Replaced && e.Outcome != trace.Open
			})
			if e.Class != printed.Class || e.Message == nil || strings.TrimSpace(*e.Message) != strings.TrimSpace(printed.Message) {
				t.Errorf("%s %v, the program prints %s %q", e.Class, show(e.Message), printed.Class, printed.Message)
			}
			if e.Fingerprints == nil || e.Fingerprints.Tolerant != printed.Fingerprints.Tolerant {
				t.Errorf("fingerprint:\n%s", cmp.Diff(crash.FingerprintInputs(printed), crash.FingerprintInputs(trace.ReportOf(e))))
			}
			if e.End.Status != 2 {
				t.Errorf("ended with %+v", e.End)
			}
		})
	}
}

func show(s *string) string {
	if s == nil {
		return "(none)"
	}
	return *s
}

// Ends without a traceback: who called os.Exit, who sent the signal.
func TestEnds(t *testing.T) {
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.Default))
	s := start(t, trace.LiveOptions{Host: host.Options{Selection: host.Selection{Exes: []string{exe}}}})
	p := tracee.Start(t, exe)
	s.ready()
	p.Send("exit 7")
	_ = p.Wait() // its status is looked at below
	e := s.await("os.Exit", func(e *trace.Event) bool { return int(e.PID) == p.PID && e.Kind == trace.Exit })
	if e.End.Status != 7 || e.App == nil || e.App.Func != "main.leave" || e.Class != "exit.os_exit" {
		t.Errorf("os.Exit: %+v in %+v, %s", e.End, e.App, e.Class)
	}
	p = tracee.Start(t, exe)
	crashtest.Eventually(t, "the process is known", func() bool { return p.Do("sleep 1").Error == "" })
	if err := p.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // it was killed
	e = s.await("the kill", func(e *trace.Event) bool { return int(e.PID) == p.PID && e.Kind == trace.Kill })
	if e.Class != "kill.sigkill" || e.End.By == nil || int(e.End.By.PID) != os.Getpid() || e.End.By.UID == nil || *e.End.By.UID != 0 {
		t.Errorf("kill: %+v, by %+v", e.End, e.End.By)
	}
	if e.Lived <= 0 || e.Lived > time.Minute {
		t.Errorf("lived %v", e.Lived)
	}
}

// A storm is told in part and counted in full, as the program counts itself.
func TestStorm(t *testing.T) {
	p := tracee.Start(t, tracee.Private(t, tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.PIEStripped)))
	o := ofPID(p.PID)
	o.Rate = 0
	s := start(t, o)
	s.ready()
	a := p.Do("storm 5000")
	events := s.end()
	sum := s.summary
	if a.Count != 5000 || sum.Panics != 5000 || sum.Recovered != 5000 || sum.Unnamed != 0 || !sum.Exact {
		t.Errorf("the program counts %d panics, the summary is %+v", a.Count, sum)
	}
	most := uint64(0)
	for _, e := range events {
		most = max(most, e.Seen)
	}
	if len(events) == 0 || len(events) >= 1000 || sum.Sites != 1 {
		t.Errorf("%d events of %d sites, the last counts %d", len(events), sum.Sites, most)
	}
}

// Panics that are nested deeper than the kernel keeps them: what became of each is
// told, whether they are recovered one by one, by one recovery, or not at all.
func TestNestedDeeply(t *testing.T) {
	const n = bpf.MaxOpen + 4
	built := tracee.BuildFrom(t, os.DirFS("bpf/testdata/nest"), tracee.Toolchains[len(tracee.Toolchains)-1], tracee.Stripped)
	exe := tracee.Private(t, built)
	s := start(t, trace.LiveOptions{Host: host.Options{Selection: host.Selection{Exes: []string{exe}}}, Rate: -1})
	cmd := exec.Command(exe)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.ready()
	fmt.Fprintf(in, "each %d\nall %d\ndie %d\n", n, n, n)
	if err := cmd.Wait(); err == nil {
		t.Fatal("it lives")
	}
	s.await("the death", func(e *trace.Event) bool { return e.Outcome == trace.Uncaught })
	outcomes := make(map[trace.Outcome]int)
	stood := 0 // panics that others stand for
	for _, e := range s.end() {
		outcomes[e.Outcome]++
		stood += len(e.Before)
		if e.Outcome == trace.Recovered && (e.Recovery.By == nil || e.Incomplete != "") {
			t.Errorf("%s recovered by %v: %s", show(e.Message), e.Recovery.By, e.Incomplete)
		}
	}
	want := map[trace.Outcome]int{trace.Recovered: n + 1, trace.Replaced: 2 * (n - 1), trace.Uncaught: 1}
	if !maps.Equal(outcomes, want) || stood != 2*(n-1) {
		t.Errorf("outcomes %v, %d stood for; want %v", outcomes, stood, want)
	}
	if s.summary.Panics != 3*n || s.summary.Recovered != n+1 || s.summary.Losses != (trace.Losses{Nested: 3 * (n - bpf.MaxOpen)}) {
		t.Errorf("summary %+v", s.summary)
	}
}
