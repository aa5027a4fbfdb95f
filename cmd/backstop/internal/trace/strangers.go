package trace

import (
	"slices"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// Limits of what is kept of processes that nobody knows: how many of them, and how
// many records of each.
const (
	maxStrangers       = 1 << 10
	maxStrangerRecords = 16
)

// strangers are processes that have ended before anybody could look at them: what
// the host has seen of them, for the case that their probes were hit. The two kinds
// of records travel apart, and those of the host may be read first.
type strangers struct {
	of    map[uint32][]bpf.Record // by process, oldest first
	queue []uint32                // in the order of their first record
}

func newStrangers() strangers { return strangers{of: make(map[uint32][]bpf.Record)} }

// add keeps a record. With a new program a process begins anew.
func (s *strangers) add(r bpf.Record) {
	list, known := s.of[r.PID]
	if r.Kind == bpf.Exec {
		list = list[:0]
	} else if len(list) == maxStrangerRecords {
		list = slices.Delete(list, 0, 1)
	}
	if r.Kind != bpf.Exec {
		list = append(list, r)
	}
	s.of[r.PID] = list
	if known {
		return
	}
	if s.queue = append(s.queue, r.PID); len(s.queue) > maxStrangers {
		delete(s.of, s.queue[0])
		s.queue = slices.Delete(s.queue, 0, 1)
	}
}

// release returns what is kept of the process that did something at a time, and
// keeps it no longer. What comes before the end of an earlier process with its
// number is of that.
func (s *strangers) release(pid uint32, at time.Duration) []bpf.Record {
	list, known := s.of[pid]
	if !known {
		return nil
	}
	delete(s.of, pid)
	if i := slices.Index(s.queue, pid); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Kind == bpf.Exit && list[i].Time < at {
			return list[i+1:]
		}
	}
	return list
}
