//go:build amd64

package attend_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkSignal is what it costs a process to get a signal while it sleeps, that by
// which the runtime preempts goroutines, alone and attended, and what that costs who
// attends.
func BenchmarkSignal(b *testing.B) {
	const each = 200
	inPairs(b, each, func(p *program) {
		for range each {
			if err := syscall.Kill(p.pid, syscall.SIGURG); err != nil {
				b.Fatal(err)
			}
			// One that comes while another waits is lost, and each shall find the process
			// asleep, be it attended or not.
			for pending(b, p.pid, syscall.SIGURG) { //nolint:revive // asking is the waiting
			}
			time.Sleep(50 * time.Microsecond)
		}
	})
}

// BenchmarkThread is what it costs a process to start a thread that ends, alone and
// attended, and what that costs who attends.
func BenchmarkThread(b *testing.B) {
	const each = 20 // as the program does
	inPairs(b, each, func(p *program) { p.does("threads") })
}

// inPairs has one process that nobody attends and one that is attended do the same,
// by turns, and reports the medians of the processor time for one of the things that
// are done each time.
func inPairs(b *testing.B, each int, do func(*program)) {
	b.Helper()
	alone, attended := run(b, "target"), run(b, "target")
	alone.want("ready")
	attended.want("ready")
	who := attending(b, attended.pid)
	do(alone) // the first time costs more
	do(attended)
	var without, with, ours []time.Duration
	for b.Loop() {
		before := processorTime(b, alone.pid)
		do(alone)
		without = append(without, processorTime(b, alone.pid)-before)
		before, own := processorTime(b, attended.pid), processorTime(b, who.pid)
		do(attended)
		with = append(with, processorTime(b, attended.pid)-before)
		ours = append(ours, processorTime(b, who.pid)-own)
	}
	b.ReportMetric(0, "ns/op") // by the clock, of both together, it says nothing
	b.ReportMetric(microseconds(without, each), "alone-µs")
	b.ReportMetric(microseconds(with, each), "attended-µs")
	b.ReportMetric(microseconds(ours, each), "ours-µs")
}

// microseconds is the median, for one of so many things.
func microseconds(all []time.Duration, each int) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Nanoseconds()) / 1e3 / float64(each)
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

// pending reports whether a signal that was sent to a process waits for one of its threads.
func pending(b *testing.B, pid int, number syscall.Signal) bool {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "ShdPnd:")
	line, _, _ := strings.Cut(rest, "\n")
	set, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	if err != nil {
		b.Fatalf("signals of process %d that wait: %v", pid, err)
	}
	return set&(1<<(number-1)) != 0
}
