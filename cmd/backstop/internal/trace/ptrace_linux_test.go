package trace_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/crashtest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// onlooker traces as it is told until its standard input ends, and writes what it
// tells as lines of JSON. Who waits for a process of his own must not be its tracer,
// so that tests start one.
func onlooker(args []string) {
	o := trace.LiveOptions{By: trace.Way(args[0]), Freeze: args[2], Raw: true}
	if pid, err := strconv.Atoi(args[1]); err == nil {
		o.Host.PIDs = []int{pid}
	} else {
		o.Host.Exes = []string{args[1]}
	}
	w := trace.NewWriter(os.Stdout)
	say := json.NewEncoder(os.Stdout)
	o.OnEvent, o.OnTarget = w.Event, w.Target
	o.OnNotice = func(text string) { _ = say.Encode(heard{Type: "notice", Notice: text}) }
	o.OnTick = func(trace.Status, []*trace.Site) {}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until its end
		stop()
	}()
	s, err := trace.Run(ctx, o)
	if s != nil {
		w.Summary(*s)
	}
	if err != nil {
		told := heard{Type: "error", Notice: err.Error()}
		var h trace.Hinted
		if errors.As(err, &h) {
			told.Hint = h.Hint()
		}
		_ = say.Encode(told)
	}
}

// heard is a line of an onlooker that is not an event.
type heard struct {
	Type, Notice string
	PID          int
	Attached     bool
	Reason, Hint string
	Via          trace.Way
	Refused      int
}

// A watcher is an onlooker that runs.
type watcher struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{}

	mu     sync.Mutex
	lines  []heard
	events []*trace.Event
}

func watching(t *testing.T, by trace.Way, what, freeze string, attr *syscall.SysProcAttr) *watcher {
	t.Helper()
	if scope, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); err == nil && string(scope) != "0\n" && os.Geteuid() != 0 {
		crashtest.Skip(t, "kernel.yama.ptrace_scope is %s", scope)
	}
	o := &crashtest.Options{Args: []string{string(by), what, freeze}, Dir: public(t)}
	w := &watcher{t: t, cmd: crashtest.Command(t, "onlooker", o), ended: make(chan struct{})}
	w.cmd.Path, w.cmd.SysProcAttr = "/proc/self/exe", attr // another user may not reach the directory of the test
	w.cmd.Stderr = os.Stderr
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.stdin = stdin
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(w.ended); w.read(stdout) }()
	t.Cleanup(func() {
		_ = w.stdin.Close()
		<-w.ended
		_ = w.cmd.Wait()
		if t.Failed() {
			for _, h := range w.lines {
				t.Logf("%+v", h)
			}
			for _, e := range w.events {
				t.Logf("process %d: %s %s %s, end %+v", e.PID, e.Kind, e.Outcome, e.Class, e.End)
			}
		}
	})
	return w
}

func (w *watcher) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		w.mu.Lock()
		e, h := new(trace.Event), heard{}
		if bytes.HasPrefix(lines.Bytes(), []byte(`{"type":"event"`)) {
			if json.Unmarshal(lines.Bytes(), e) == nil {
				w.events = append(w.events, e)
			}
		} else if json.Unmarshal(lines.Bytes(), &h) == nil {
			w.lines = append(w.lines, h)
		}
		w.mu.Unlock()
	}
}

// line waits for a line that is no event.
func (w *watcher) line(what string, ok func(*heard) bool) (found heard) {
	w.t.Helper()
	crashtest.Eventually(w.t, what, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, h := range w.lines {
			if ok(&h) {
				found = h
				return true
			}
		}
		return false
	})
	return found
}

func (w *watcher) attached(pid int) {
	w.t.Helper()
	h := w.line("the process is attended", func(h *heard) bool { return h.Type == "target" && h.PID == pid })
	if !h.Attached || h.Via != trace.Ptrace {
		w.t.Fatalf("%+v", h)
	}
}

// event waits for an event of a process.
func (w *watcher) event(pid int, ok func(*trace.Event) bool) (found *trace.Event) {
	w.t.Helper()
	crashtest.Eventually(w.t, "the event is told", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, e := range w.events {
			if int(e.PID) == pid && ok(e) {
				found = e
				return true
			}
		}
		return false
	})
	if found.Via != trace.Ptrace {
		w.t.Errorf("via %q", found.Via)
	}
	return found
}

// public makes a directory where every user may be.
func public(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "backstop-ptrace-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// final is the event that a process dies of.
func final(e *trace.Event) bool {
	return e.End != nil && e.Outcome != trace.Replaced && e.Outcome != trace.Open
}

// Each way to die, named as the traceback that the program prints is, of all
// releases.
func TestPtraceDeaths(t *testing.T) {
	commands := []string{
		"die-string", "die-error", "die-custom", "die-stringer", "die-struct", "die-level", "die-nil", "die-index", "die-nested", "die-repanic",
		"die-deep", "die-goroutine", "die-too-deep", "map-write", "unlock", "overflow", "deadlock", "fault",
	}
	for i, toolchain := range tracee.Toolchains {
		mode := tracee.Modes[i%len(tracee.Modes)]
		t.Run(toolchain+"-"+string(mode), func(t *testing.T) {
			exe := tracee.Build(t, toolchain, mode)
			w := watching(t, trace.Ptrace, exe, "", nil)
			running := make(map[string]*tracee.Process)
			for _, command := range commands {
				if command == "deadlock" && mode == tracee.Cgo {
					continue // not found out there (runtime/proc.go, checkdead)
				}
				running[command] = tracee.Start(t, exe)
			}
			for command, p := range running {
				w.attached(p.PID)
				p.Send(command)
			}
			for command, p := range running {
				_ = p.Wait() // it dies
				dies(t, w, command, p)
			}
		})
	}
}

func dies(t *testing.T, w *watcher, command string, p *tracee.Process) {
	t.Helper()
	printed, err := crash.Parse(strings.NewReader(p.Stderr.String()))
	if err != nil {
		t.Fatalf("%s: %v in %s", command, err, p.Stderr)
	}
	t.Logf("process %d: %s", p.PID, command)
	e := w.event(p.PID, final)
	message := ""
	if e.Message != nil {
		message = *e.Message
	}
	if e.Class != printed.Class || strings.TrimSpace(message) != strings.TrimSpace(printed.Message) {
		t.Errorf("%s: %s %q, the program prints %s %q", command, e.Class, message, printed.Class, printed.Message)
	}
	if e.Fingerprints == nil || e.Fingerprints.Tolerant != printed.Fingerprints.Tolerant {
		t.Errorf("%s: another fingerprint: %+v\n%s", command, e.Frames, p.Stderr)
	}
	if e.End.Status != 2 {
		t.Errorf("%s: ended with %+v", command, e.End)
	}
	if e.Kind == trace.Panic {
		panics(t, w, command, e)
	}
	// Several goroutines write to the map, and of those that notice one is told.
	if command != "map-write" && printed.Crash >= 0 && uint64(printed.Goroutines[printed.Crash].ID) != e.Goroutine {
		t.Errorf("%s: goroutine %d, printed %d", command, e.Goroutine, printed.Goroutines[printed.Crash].ID)
	}
}

// panics checks what is known of a panic beside its text.
func panics(t *testing.T, w *watcher, command string, e *trace.Event) {
	t.Helper()
	value, before := "", 0
	switch command {
	case "die-string", "die-goroutine", "die-too-deep":
		value = "string"
	case "die-custom":
		value = "*main.account"
		if e.Value != nil && len(e.Value.Fields) != 3 {
			t.Errorf("fields %+v", e.Value)
		}
	case "die-nested":
		value, before = "string", 1
		first := w.event(int(e.PID), func(e *trace.Event) bool { return e.Outcome == trace.Replaced })
		if first.Message == nil || *first.Message != "first" || len(e.Before) != 1 || e.Before[0] != "first" {
			t.Errorf("%s: the first is %v, before %q", command, first.Message, e.Before)
		}
	case "die-index":
		value = "runtime.boundsError"
	}
	if e.Outcome != trace.Uncaught || !e.Exact || len(e.Before) < before || value != "" && (e.Value == nil || e.Value.Type != value) {
		t.Errorf("%s: %s, exact %t, before %q, value %+v", command, e.Outcome, e.Exact, e.Before, e.Value)
	}
}

// Ends without a traceback: who called os.Exit, who sent the signal.
func TestPtraceEnds(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[5], tracee.Stripped)
	w := watching(t, trace.Ptrace, exe, "", nil)
	type end struct {
		command string
		signal  syscall.Signal
		ok      func(*trace.Event) bool
	}
	running := make(map[*tracee.Process]end)
	for _, test := range []end{
		{"exit 7", 0, func(e *trace.Event) bool {
			return e.Kind == trace.Exit && e.Class == "exit.os_exit" && e.End.Status == 7 && e.App != nil && e.App.Func == "main.leave"
		}},
		{"terminate", 0, func(e *trace.Event) bool {
			return e.Class == "kill.sigterm" && e.End.By != nil && e.End.By.PID == e.PID
		}},
		{"", syscall.SIGHUP, func(e *trace.Event) bool {
			return e.Class == "kill.sighup" && e.End.By != nil && int(e.End.By.PID) == os.Getpid() && *e.End.By.UID == os.Getuid() && e.End.By.Comm != ""
		}},
		{"", syscall.SIGKILL, func(e *trace.Event) bool {
			return e.Class == "kill.sigkill" && e.End.By == nil && !e.End.OOM
		}},
		{"", syscall.SIGQUIT, func(e *trace.Event) bool { return e.Kind == trace.Signal && e.Signal == "SIGQUIT" && e.End.Status == 2 }},
	} {
		running[tracee.Start(t, exe)] = test
	}
	for p, test := range running {
		w.attached(p.PID)
		if test.command != "" {
			p.Send(test.command)
			continue
		}
		p.Send("sleep 60000") // it shall not end for want of commands
		if err := syscall.Kill(p.PID, test.signal); err != nil {
			t.Fatal(err)
		}
	}
	for p, test := range running {
		_ = p.Wait() // its end is told
		if e := w.event(p.PID, final); !test.ok(e) {
			t.Errorf("%s %v: %s %s, app %+v, end %+v by %+v", test.command, test.signal, e.Kind, e.Class, e.App, e.End, e.End.By)
		}
	}
}

// The state of a dying process: all goroutines, and the request that killed it.
func TestPtraceFreeze(t *testing.T) {
	dir := t.TempDir()
	p := tracee.Start(t, tracee.Build(t, tracee.Toolchains[5], tracee.PIEStripped))
	w := watching(t, trace.Ptrace, strconv.Itoa(p.PID), dir, nil)
	w.attached(p.PID)
	p.Do("park 20")
	p.Do("lock")
	url := "http://" + p.Do("http").Text + "/die?item=7"
	if _, err := http.Get(url); err == nil { //nolint:bodyclose // there is none
		t.Error("the request was answered")
	}
	if err := p.Wait(); err == nil || p.Cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("it ended with %v", err)
	}
	e := w.event(p.PID, final)
	if e.Snapshot == "" || filepath.Dir(e.Snapshot) != dir {
		t.Fatalf("snapshot %q, %s", e.Snapshot, e.SnapshotErr)
	}
	<-w.ended // nobody is left
	file, err := os.Open(e.Snapshot)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := postmortem.Read(file)
	if err == nil && (!strings.HasPrefix(s.Dying, "a panic: ") || slices.ContainsFunc(s.Findings(), func(f postmortem.Finding) bool { return f.Kind == "stop_the_world" })) {
		t.Errorf("dying of %q, findings %+v", s.Dying, s.Findings())
	}
	if err != nil || len(s.Goroutines) < 22 || len(s.Requests) != 1 || !strings.HasPrefix(s.Requests[0].URL, "/die") || s.Stopped <= 0 {
		t.Errorf("%d goroutines, requests %+v, problems %q: %v", len(s.Goroutines), s.Requests, s.Problems, err)
	}
}

// Without rights it says which are missing, and goes on by ptrace; processes of
// others are refused, as one that has a tracer already is.
func TestPtraceInstead(t *testing.T) {
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root can be somebody else")
	}
	nobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	exe := tracee.Build(t, tracee.Toolchains[5], tracee.PIEStripped)
	path := renamed(t, exe, "own")
	foreign := tracee.Start(t, path)
	own := exec.Command(path)
	own.SysProcAttr = nobody
	stdin, err := own.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	defer own.Wait() //nolint:errcheck // it dies
	w := watching(t, trace.Auto, strconv.Itoa(own.Process.Pid), "", nobody)
	w.attached(own.Process.Pid)
	w.line("what is missing", func(h *heard) bool {
		return strings.Contains(h.Notice, "CAP_BPF and CAP_PERFMON are missing") && strings.Contains(h.Notice, "setcap")
	})
	w.line("what is not seen", func(h *heard) bool { return strings.Contains(h.Notice, "Not seen are panics that are recovered") })
	for what, want := range map[string]string{
		strconv.Itoa(foreign.PID):     "CAP_SYS_PTRACE",
		strconv.Itoa(own.Process.Pid): "traced by process " + strconv.Itoa(w.cmd.Process.Pid),
	} {
		second := watching(t, trace.Auto, what, "", nobody)
		<-second.ended
		second.line(want, func(h *heard) bool { return strings.Contains(h.Reason+h.Notice, want) && !h.Attached })
	}
	// By its name it is found and may not be looked at: that is a refusal, too.
	named := tracee.Start(t, renamed(t, exe, "backstop-others"))
	third := watching(t, trace.Auto, "backstop-others", "", nobody)
	third.line("that it is forbidden", func(h *heard) bool {
		return strings.Contains(h.Notice, "could not be looked at: "+strconv.Itoa(named.PID)+" ")
	})
	_ = third.stdin.Close()
	<-third.ended
	third.line("that it was refused", func(h *heard) bool { return h.Type == "summary" && h.Refused == 1 })
	if _, err := io.WriteString(stdin, "die-custom\n"); err != nil {
		t.Fatal(err)
	}
	e := w.event(own.Process.Pid, final)
	if e.Class != "panic.custom" || e.App == nil || !strings.HasPrefix(e.App.Func, "main.") {
		t.Errorf("%s at %+v", e.Class, e.App)
	}
	only := watching(t, trace.EBPF, strconv.Itoa(foreign.PID), "", nobody)
	<-only.ended
	only.line("an error", func(h *heard) bool { return h.Type == "error" && strings.Contains(h.Notice, "CAP_BPF") })
}

// A process that may not be looked at is refused for the reason that a snapshot of
// it has.
func TestUnwatched(t *testing.T) {
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root can be somebody else")
	}
	foreign := tracee.Start(t, tracee.Build(t, tracee.Toolchains[5], tracee.PIEStripped))
	nobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	w := watching(t, trace.Ptrace, strconv.Itoa(foreign.PID), "", nobody)
	<-w.ended
	w.line("whose it is", func(h *heard) bool {
		return h.Type == "error" && strings.HasPrefix(h.Notice, fmt.Sprintf("look at process %d: it belongs to user root, and CAP_SYS_PTRACE is missing", foreign.PID)) && strings.Contains(h.Hint, "run it as that user")
	})
}

// renamed is a copy of an executable under another name.
func renamed(t *testing.T, exe, name string) string {
	path := filepath.Join(public(t), name)
	if err := os.Rename(tracee.Private(t, exe), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// What needs probes is refused with a hint.
func TestBeyondPtrace(t *testing.T) {
	for name, o := range map[string]host.Options{
		"all":         {Selection: host.Selection{All: true}},
		"catch-first": {Selection: host.Selection{Exes: []string{"no-such-program"}}, CatchFirst: true},
	} {
		s, err := trace.Run(context.Background(), trace.LiveOptions{Host: o, By: trace.Ptrace, OnNotice: func(string) {}})
		var h trace.Hinted
		if s != nil || !errors.As(err, &h) || !strings.Contains(err.Error(), fmt.Sprintf("-%s needs probes", name)) || h.Hint() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
