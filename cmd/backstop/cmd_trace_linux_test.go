package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// traceProcess starts the command in a process of its own, and returns when it
// traces exe. What it prints on standard output is in out after Wait.
func traceProcess(t *testing.T, out *strings.Builder, args ...string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "loading programs into the kernel needs root")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: self, Args: append([]string{"backstop", "trace"}, args...), Env: os.Environ(), Stdout: out}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all strings.Builder
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			all.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "backstop: tracing ") {
				select {
				case said <- "":
				default:
				}
			}
		}
		select {
		case said <- all.String():
		default:
		}
		if t.Failed() {
			t.Log(all.String())
		}
	}()
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Signal(os.Interrupt) // it may have ended
			_ = cmd.Wait()
		}
		<-done
	})
	if text := <-said; text != "" {
		t.Fatalf("the tracer ended: %s", text)
	}
	return cmd
}

// interrupt is Ctrl-C, after which the command ends well.
func interrupt(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt it ended with %v", err)
	}
}

// issues asks a collector what it has.
func issues(t *testing.T, url string) (list []struct {
	Class     string
	Count     int
	Observers []string
},
) {
	t.Helper()
	resp, err := http.Get(url + "/api/v1/issues")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Issues []struct {
			Class     string
			Count     int
			Observers []string
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Issues
}

// The tracer's events and those of the supervisor are of one issue; of one process
// they are one event.
func TestTraceCollector(t *testing.T) {
	toolchain := tracee.Toolchains[len(tracee.Toolchains)-2]
	exe := tracee.Build(t, toolchain, tracee.PIE)
	collector := serveProcess(t, t.TempDir())
	p := tracee.Start(t, exe)
	var out strings.Builder
	cmd := traceProcess(t, &out, "-exe", exe, "-collector", collector.url, "-spool", t.TempDir(), "-service", "tracee")
	p.Do("custom") // recovered
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := &exec.Cmd{
		Path: self, Env: os.Environ(), Stdin: strings.NewReader("sleep 300\ndie-nil\n"),
		Args: []string{"backstop", "run", "-collector", collector.url, "-spool", t.TempDir(), "-service", "tracee", "--", exe},
	}
	if text, _ := run.CombinedOutput(); run.ProcessState.ExitCode() != 2 {
		t.Fatalf("the supervised program ended with %v: %s", run.ProcessState, text)
	}
	crashtest.Eventually(t, "the collector has both panics", func() bool {
		seen := 0
		for _, i := range issues(t, collector.url) {
			if i.Count == 1 && (i.Class == "panic.custom" || i.Class == "panic.nil_deref") {
				seen++
			}
		}
		return seen == 2
	})
	interrupt(t, cmd)
	for _, i := range issues(t, collector.url) {
		if i.Class == "panic.nil_deref" && i.Count != 1 {
			t.Errorf("one death is %d events", i.Count)
		}
	}
	// Seen by the tracer alone, the same panic is one more event of the issue.
	p.Send("exit 0")
	_ = p.Wait() // it ends
	alone := tracee.Start(t, exe)
	cmd = traceProcess(t, &out, "-exe", exe, "-collector", collector.url, "-spool", t.TempDir(), "-service", "tracee")
	alone.Send("die-nil")
	_ = alone.Wait() // it dies
	crashtest.Eventually(t, "the issue has two events", func() bool {
		for _, i := range issues(t, collector.url) {
			if i.Class == "panic.nil_deref" && i.Count == 2 {
				return true
			}
		}
		return false
	})
	interrupt(t, cmd)
}

// A process that dies is stopped, its state written, and it dies as it would have.
func TestTraceFreeze(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.Stripped)
	p := tracee.Start(t, exe)
	dir := t.TempDir()
	var out strings.Builder
	cmd := traceProcess(t, &out, "-pid", strconv.Itoa(p.PID), "-freeze", "-freeze-dir", dir, "-format", "json")
	p.Do("park 20")
	p.Send("die-string")
	if err := p.Wait(); err == nil || p.Cmd.ProcessState.ExitCode() != 2 || !strings.Contains(p.Stderr.String(), "panic: a text") {
		t.Errorf("the process ended with %v and said %s", err, p.Stderr)
	}
	if err := cmd.Wait(); err != nil { // nobody is left to trace
		t.Errorf("the tracer ended with %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.snapshot.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("snapshots %v, %v; %s", files, err, out.String())
	}
	file, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := postmortem.Read(file)
	if err != nil || len(s.Goroutines) < 20 {
		t.Errorf("snapshot %+v: %v", s, err)
	}
	if !strings.Contains(out.String(), `"snapshot":"`+files[0]+`"`) {
		t.Errorf("the event does not name the snapshot: %s", out.String())
	}
}

// A tracer that is killed leaves nothing stopped, and its probes are gone.
func TestTraceKilled(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.Default)
	p := tracee.Start(t, exe)
	var out strings.Builder
	cmd := traceProcess(t, &out, "-pid", strconv.Itoa(p.PID), "-freeze", "-freeze-dir", t.TempDir())
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	p.Send("die-string")
	if err := p.Wait(); err == nil || p.Cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("the process ended with %v", err)
	}
}

// A program that nobody has seen before is stopped when it starts, until the
// probes are there: its first panic is seen. Meanwhile somebody ends the guardian,
// and another takes its place.
func TestTraceCatchFirst(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.Stripped)
	dir := t.TempDir()
	named := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.Rename(tracee.Private(t, exe), path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	known := tracee.Start(t, named("backstop-caught-1"))
	var out strings.Builder
	cmd := traceProcess(t, &out, "-exe", filepath.Join(dir, "backstop-caught-*"), "-catch-first", "-format", "json")

	guardian := childNamed(t, cmd.Process.Pid, "backstop-guardian", 0)
	if err := syscall.Kill(guardian, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	childNamed(t, cmd.Process.Pid, "backstop-guardian", guardian)

	second := tracee.Start(t, named("backstop-caught-2"))
	second.Send("die-custom")
	if err := second.Wait(); err == nil || second.Cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("the process ended with %v", err)
	}
	known.Do("string")
	interrupt(t, cmd)
	for _, want := range []string{`"pid":` + strconv.Itoa(second.PID), "account 9: crash", "a text"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}

// childNamed waits for a child of a process by the name it gives itself, other
// than one that is known.
func childNamed(t *testing.T, parent int, name string, other int) (pid int) {
	t.Helper()
	crashtest.Eventually(t, name, func() bool {
		lists, err := filepath.Glob("/proc/" + strconv.Itoa(parent) + "/task/*/children") // by thread
		if err != nil {
			return false
		}
		for _, list := range lists {
			b, _ := os.ReadFile(list) // the thread may have ended
			for _, child := range strings.Fields(string(b)) {
				args, err := os.ReadFile("/proc/" + child + "/cmdline")
				if pid, _ = strconv.Atoi(child); err == nil && pid != other && strings.HasPrefix(string(args), name) {
					return true
				}
			}
		}
		return false
	})
	return pid
}
