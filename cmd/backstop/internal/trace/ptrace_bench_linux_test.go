package trace_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// BenchmarkPtraceAttach is how long it takes from when a process was found until all
// its threads are attended, as the line about it says.
func BenchmarkPtraceAttach(b *testing.B) {
	exe := smallTracee(b)
	s := spectate(b, exe, "")
	var took []time.Duration
	threads := 0
	for b.Loop() {
		p := tracee.Start(b, exe)
		a := s.attached(p.PID)
		took, threads = append(took, a.Attach), threads+a.Threads
		p.Send("exit 0")
		_ = p.Wait() // it ends
	}
	b.ReportMetric(0, "ns/op") // most of it is waiting for the next look at processes
	b.ReportMetric(milliseconds(took), "ms")
	b.ReportMetric(float64(took[0].Microseconds())/1e3, "least-ms") // they are sorted now
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1e3, "most-ms")
	b.ReportMetric(float64(threads)/float64(len(took)), "threads")
}

// BenchmarkPtraceBusy is the processor time for a call of a function with a deferred
// one, in a loop that the runtime preempts by a signal 100 times a second.
func BenchmarkPtraceBusy(b *testing.B) {
	exe := smallTracee(b)
	alone, attended := tracee.Start(b, exe), tracee.Start(b, exe)
	s := spectate(b, strconv.Itoa(attended.PID), "")
	s.attached(attended.PID)
	const command = "defers 20000000"
	alone.Do(command)
	attended.Do(command)
	var without, with []time.Duration
	var ours, elapsed time.Duration
	calls := 0
	for b.Loop() {
		without = append(without, alone.Do(command).CPU)
		before, began := processorTime(b, s.pid), time.Now()
		a := attended.Do(command)
		ours, elapsed = ours+processorTime(b, s.pid)-before, elapsed+time.Since(began)
		with, calls = append(with, a.CPU), a.Count
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(without)*1e6/float64(calls), "alone-ns/call")
	b.ReportMetric(milliseconds(with)*1e6/float64(calls), "attended-ns/call")
	b.ReportMetric(100*ours.Seconds()/elapsed.Seconds(), "ours-%")
}

// BenchmarkPtraceEnd is how long it takes from the command to die until the parent is
// told of the end.
func BenchmarkPtraceEnd(b *testing.B) {
	for _, command := range []string{"die-string", "exit 3"} {
		b.Run(command, func(b *testing.B) { ends(b, 0, command, "") })
	}
}

// BenchmarkPtraceFreeze is the same with the state of all goroutines taken meanwhile.
func BenchmarkPtraceFreeze(b *testing.B) {
	for _, goroutines := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) { ends(b, goroutines, "die-string", b.TempDir()) })
	}
}

// ends has processes die by turns alone and attended.
func ends(b *testing.B, goroutines int, command, freeze string) {
	b.Helper()
	exe := smallTracee(b)
	watched := tracee.Private(b, exe)
	s := spectate(b, watched, freeze)
	end := func(p *tracee.Process) time.Duration {
		began := time.Now()
		p.Send(command)
		err := p.Wait()
		took := time.Since(began)
		if status := p.Cmd.ProcessState.ExitCode(); status != 2 && status != 3 {
			b.Fatalf("%s: %v", command, err)
		}
		return took
	}
	// Both have been idle for as long when they are told to die.
	pair := func() (alone, attended time.Duration) {
		first, second := tracee.Start(b, exe), tracee.Start(b, watched)
		s.attached(second.PID)
		if goroutines > 0 {
			first.Do(fmt.Sprintf("park %d", goroutines))
			second.Do(fmt.Sprintf("park %d", goroutines))
		}
		alone, attended = end(first), end(second)
		taken(b, freeze, goroutines)
		return alone, attended
	}
	pair() // the first one reads the executable
	var without, with []time.Duration
	for b.Loop() {
		alone, attended := pair()
		without, with = append(without, alone), append(with, attended)
	}
	b.ReportMetric(0, "ns/op") // most of it is the start, and looking for what started
	b.ReportMetric(milliseconds(without), "alone-ms")
	b.ReportMetric(milliseconds(with), "attended-ms")
	b.ReportMetric(float64(with[0].Microseconds())/1e3, "attended-least-ms") // they are sorted now
}

// taken waits for the one snapshot of a directory, and removes it.
func taken(b *testing.B, dir string, goroutines int) {
	b.Helper()
	if dir == "" {
		return
	}
	var s *postmortem.Snapshot
	crashtest.Eventually(b, "the snapshot is there", func() bool {
		files, err := filepath.Glob(filepath.Join(dir, "*.json*"))
		if err != nil || len(files) != 1 {
			return false
		}
		file, err := os.Open(files[0])
		if err != nil {
			return false
		}
		defer file.Close()
		s, err = postmortem.Read(file)
		return err == nil && os.Remove(files[0]) == nil
	})
	if len(s.Goroutines) < goroutines {
		b.Fatalf("the snapshot has %d goroutines of %d", len(s.Goroutines), goroutines)
	}
}

// BenchmarkPtracePoll is the part of a processor that is used to look for programs
// that start, and to attend a process that does nothing.
func BenchmarkPtracePoll(b *testing.B) {
	exe := smallTracee(b)
	idle := tracee.Start(b, exe)
	attends := spectate(b, strconv.Itoa(idle.PID), "")
	attends.attached(idle.PID)
	looks := spectate(b, tracee.Private(b, exe), "")
	const each = 2 * time.Second
	time.Sleep(each) // the first look reads more
	var without, with []time.Duration
	for b.Loop() {
		before, beforeIdle := processorTime(b, looks.pid), processorTime(b, attends.pid)
		began := time.Now()
		time.Sleep(each)
		elapsed := time.Since(began)
		perSecond := func(used time.Duration) time.Duration { return time.Duration(float64(used) / elapsed.Seconds()) }
		with = append(with, perSecond(processorTime(b, looks.pid)-before))
		without = append(without, perSecond(processorTime(b, attends.pid)-beforeIdle))
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(without)/10, "idle-%")
	b.ReportMetric(milliseconds(with)/10, "looking-%")
	b.ReportMetric(float64(len(processes)), "processes")
}

// smallTracee is an executable that nobody else runs.
func smallTracee(b *testing.B) string {
	b.Helper()
	return tracee.Private(b, tracee.BuildSmall(b, tracee.Toolchains[5], tracee.Stripped))
}

// A spectator is an onlooker of a benchmark: a process, so that its processor time is
// nobody else's.
type spectator struct {
	b     *testing.B
	pid   int
	lines chan attachment
}

// attachment is the line about a process.
type attachment struct {
	Type, Reason, Notice string
	PID, Threads         int
	Attached             bool
	Attach               time.Duration `json:"attach_ns"`
}

func spectate(b *testing.B, what, freeze string) *spectator {
	b.Helper()
	if scope, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); err == nil && string(scope) != "0\n" && os.Geteuid() != 0 {
		crashtest.Skip(b, "kernel.yama.ptrace_scope is %s", scope)
	}
	o := &crashtest.Options{Args: []string{string(trace.Ptrace), what, freeze}, Timeout: time.Hour}
	cmd := crashtest.Command(b, "onlooker", o)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	s := &spectator{b: b, pid: cmd.Process.Pid, lines: make(chan attachment, 64)}
	go s.read(stdout)
	b.Cleanup(func() {
		_ = stdin.Close()
		for range s.lines { //nolint:revive // until its end
		}
		_ = cmd.Wait()
	})
	return s
}

// read passes on the lines about processes, and errors.
func (s *spectator) read(from io.Reader) {
	defer close(s.lines)
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var a attachment
		if json.Unmarshal(lines.Bytes(), &a) == nil && (a.Type == "target" || a.Type == "error") {
			s.lines <- a
		}
	}
}

// attached waits until a process is attended.
func (s *spectator) attached(pid int) attachment {
	s.b.Helper()
	for a := range s.lines {
		if a.Type == "error" || a.PID == pid && !a.Attached {
			s.b.Fatalf("process %d is not attended: %+v", pid, a)
		}
		if a.PID == pid {
			return a
		}
	}
	s.b.Fatalf("who should attend process %d has ended", pid)
	return attachment{}
}

// processorTime is what a process has used so far, threads that have ended and the
// system's part included. The number of its clock is that of clock_getcpuclockid(3).
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	const scheduled = 2 // include/linux/posix-timers_types.h, CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &t); err != nil {
		b.Fatalf("processor time of process %d: %v", pid, err)
	}
	return time.Duration(t.Nano())
}

// milliseconds sorts, and returns the median.
func milliseconds(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Nanoseconds()) / 1e6
}
