package inflight

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/backstop-go/backstop/event"
)

// A Snapshot is what was in flight.
type Snapshot struct {
	PID int // the process that wrote the table, 0 if none has
	// Entries are the requests, oldest first: each once, by the goroutine that
	// serves it.
	Entries []event.InFlight
	// Children are the other goroutines that work for one of Entries.
	Children []event.InFlight
	Overflow uint64 // requests, since the table was made, that found no room
	// Torn is how many entries were caught in the middle of a change. They are
	// left out, or stand there without their route.
	Torn int
}

// chunk is how many slots are read at once: 64 kB.
const chunk = 128

// Read reads a table while its writer runs, or after it ended. It takes the
// contents for hostile: an entry that cannot be right counts as torn.
func Read(f io.ReaderAt) (Snapshot, error) {
	var h header
	if err := readAt(f, 0, bytesOf(&h)); err != nil {
		return Snapshot{}, fmt.Errorf("read requests in flight: %w", err)
	}
	if !h.fits() {
		return Snapshot{}, fmt.Errorf("read requests in flight: not a table of version %d", version)
	}
	snap := Snapshot{Overflow: h.overflow.Load()}
	if pid := h.pid.Load(); pid > 0 && pid <= math.MaxInt32 {
		snap.PID = int(pid)
	}
	var found []decoded
	part := new([chunk]slot)
	for at := 0; at < slots; at += chunk {
		if err := readAt(f, offset(at), bytesOf(part)); err != nil {
			return Snapshot{}, fmt.Errorf("read requests in flight: %w", err)
		}
		for i := range part {
			s := &part[i]
			if s.state.Load()&modes == idle {
				continue
			}
			whole, there := settle(f, at+i, s)
			if !there {
				continue
			}
			if !whole {
				snap.Torn++
			}
			if d, ok := decode(s); ok {
				found = append(found, d)
			} else if whole {
				snap.Torn++
			}
		}
	}
	snap.arrange(found)
	return snap, nil
}

func offset(slot int) int64 { return pageSize + int64(slot)*slotSize }

func bytesOf[T any](p *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}

func readAt(f io.ReaderAt, at int64, b []byte) error {
	n, err := f.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// settle sees to it that s is one entry and not parts of two: it reads again
// while the writer is at it. there is false when the entry is gone by then. What
// is not whole has a state with which it is not decoded, unless only its route
// is uncertain.
func settle(f io.ReaderAt, at int, s *slot) (whole, there bool) {
	for try := 0; try < tries; try++ {
		var now [1]uint64
		if readAt(f, offset(at), bytesOf(&now)) != nil {
			break
		}
		switch {
		case now[0]&modes == idle:
			return true, false
		case now[0] == s.state.Load():
			if now[0]&modes == writing {
				s.route = 0
				return false, true
			}
			return true, true
		}
		if readAt(f, offset(at), bytesOf(s)) != nil {
			break
		}
	}
	s.state.Store(idle)
	return false, true
}

// A decoded entry, with what is not told about it.
type decoded struct {
	event.InFlight
	child bool
}

func decode(s *slot) (d decoded, ok bool) {
	if _, ok := s.strings(); !ok || s.gid <= 0 || s.state.Load()&modes == idle {
		return decoded{}, false
	}
	e := s.entry()
	return decoded{event.InFlight{
		GoroutineID: s.gid,
		StartedAt:   time.Unix(0, s.start).UTC(),
		Served:      count(s.served),
		Request: event.Request{
			Method:    e.Method,
			URL:       e.Path,
			Route:     e.Route,
			TraceID:   event.TraceIDFromTraceparent(e.Traceparent),
			RequestID: e.RequestID,
		},
	}, e.Child}, true
}

// entry reads a copy of a slot, whose strings must be right.
func (s *slot) entry() Entry {
	p, _ := s.strings()
	text := func(i, limit int) string { return event.Clip(string(s.text[p[i]:p[i+1]]), limit) }
	return Entry{
		Method:      text(0, event.MaxMethod),
		Traceparent: text(1, maxTraceparent),
		RequestID:   text(2, event.MaxRequestID),
		Path:        text(3, event.MaxPath),
		Route:       text(4, event.MaxRoute),
		Start:       s.start,
		Child:       s.child != 0,
	}
}

func count(n uint32) int { return int(min(n, math.MaxInt32)) }

// arrange sorts the entries and puts aside those of which another tells.
func (s *Snapshot) arrange(found []decoded) {
	slices.SortFunc(found, func(a, b decoded) int {
		if c := a.StartedAt.Compare(b.StartedAt); c != 0 {
			return c
		}
		if a.child != b.child {
			if a.child {
				return 1
			}
			return -1
		}
		return int(min(max(a.GoroutineID-b.GoroutineID, -1), 1))
	})
	type key struct {
		start   int64
		request event.Request
	}
	seen := map[key]int{}
	for _, d := range found {
		k := key{d.StartedAt.UnixNano(), d.Request}
		k.request.Route = "" // the child may know it by now
		i, again := seen[k]
		if !again || !d.child {
			seen[k] = len(s.Entries)
			s.Entries = append(s.Entries, d.InFlight)
			continue
		}
		if e := &s.Entries[i]; e.Request.Route == "" {
			e.Request.Route = d.Request.Route
		}
		s.Children = append(s.Children, d.InFlight)
	}
}
