package trace

import (
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// kept are the times of the records that are kept of a process, in milliseconds.
func (s *strangers) kept(pid uint32, at int) (times []int) {
	for _, r := range s.release(pid, time.Duration(at)*time.Millisecond) {
		times = append(times, int(r.Time/time.Millisecond))
	}
	return times
}

func TestStrangers(t *testing.T) {
	s := newStrangers()
	put := func(pid uint32, kind bpf.Kind, at int) {
		s.add(bpf.Record{PID: pid, Kind: kind, Time: time.Duration(at) * time.Millisecond})
	}
	put(7, bpf.Signal, 1) // of the program before
	put(7, bpf.Exec, 2)
	put(7, bpf.Signal, 3)
	put(7, bpf.Exit, 5)
	put(8, bpf.Exit, 6)
	put(7, bpf.Signal, 8) // another process with the number
	put(7, bpf.Exit, 9)
	if got := s.kept(7, 7); len(got) != 2 || got[0] != 8 || got[1] != 9 {
		t.Errorf("of the second process: %v", got)
	}
	if got := s.kept(7, 7); got != nil {
		t.Errorf("kept for good: %v", got)
	}
	put(7, bpf.Signal, 3)
	put(7, bpf.Exit, 5)
	if got := s.kept(7, 4); len(got) != 2 || got[0] != 3 || got[1] != 5 {
		t.Errorf("of a process that ended after the record: %v", got)
	}
	if got := s.kept(8, 9); len(got) != 0 {
		t.Errorf("of one that ended before it: %v", got)
	}
	for i := range 3 * maxStrangerRecords {
		put(9, bpf.Signal, i)
	}
	for i := range 2 * maxStrangers {
		put(uint32(100+i), bpf.Exit, i)
		if i == 10 {
			if got := s.kept(9, 0); len(got) != maxStrangerRecords || got[0] != 2*maxStrangerRecords {
				t.Errorf("of one with many signals: %v", got)
			}
		}
	}
	if len(s.of) != maxStrangers || len(s.queue) != maxStrangers {
		t.Errorf("%d processes are kept, %d in their order", len(s.of), len(s.queue))
	}
	if got := s.kept(uint32(99+2*maxStrangers), 0); len(got) != 1 {
		t.Errorf("the newest is not kept: %v", got)
	}
}
