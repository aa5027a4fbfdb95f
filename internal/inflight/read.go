package inflight

import (
	"errors"
	"io"
	"math"
	"sort"
	"strings"
	"time"
	"unsafe"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/errs"
)

// A Snapshot is what was in flight.
type Snapshot struct {
	PID   int    // the process that wrote the table, 0 if none has
	Start uint64 // when that started, as event.Process has it; 0 when unknown
	Names        // as it said, cleaned; empty when it did not
	// Entries are the requests, oldest first: each once, by the goroutine that
	// serves it.
	Entries []event.InFlight
	// Children are the other goroutines that work for one of Entries, the
	// oldest request's first.
	Children []event.InFlight
	// Left are the last requests of goroutines that are in none, as far as
	// their slots were not taken by others: what they started may go on.
	Left     []event.InFlight
	Overflow uint64 // requests, since the table was made, that found no room
	// Torn is how many entries were caught in the middle of a change. They are
	// left out, or stand there without their route.
	Torn int
}

// Names are what a process calls itself, as in event.Event.
type Names struct{ Service, Release, Environment, Instance string }

// Read reads a table while its writer runs, or after it ended. It takes the
// contents for hostile: an entry that cannot be right counts as torn.
func Read(f io.ReaderAt) (snap Snapshot, err error) {
	if err = snap.read(f); err != nil {
		err = failed("read", err)
	}
	return snap, err
}

func failed(what string, err error) error {
	return errs.In(what+" table of requests in flight", err)
}

var errNoTable = errors.New("not a table as this version makes it")

// chunk is how many slots are read at once: 64 kB.
const chunk = 128

func (snap *Snapshot) read(f io.ReaderAt) error {
	var h header
	if err := readHeader(f, &h); err != nil {
		return err
	}
	writer := h.writer.Load()
	snap.PID, snap.Overflow = int(writer%epoch&math.MaxInt32), h.overflow.Load()
	snap.Start = h.born.Load()
	snap.Names = readNames(f, uint32(writer/epoch))
	part := new([chunk]slot)
	var found []*item
	for at := int64(0); at < slots; at++ {
		if at%chunk == 0 {
			if err := readAt(f, pageSize+at*slotSize, bytesOf(part)); err != nil {
				return err
			}
		}
		s := &part[at%chunk]
		if s.epoch != uint32(writer/epoch) || s.state.Load() == 0 {
			continue
		}
		switch i := snap.item(f, pageSize+at*slotSize, s); {
		case i == nil:
			snap.Torn++
		case i.Ended:
			snap.Left = append(snap.Left, i.InFlight)
		default:
			found = append(found, i)
		}
	}
	snap.arrange(found)
	return nil
}

// An item is an entry with what is not told about it.
type item struct {
	event.InFlight
	child bool
}

// item reads a slot and makes an item of it, nil if it cannot. It reads it again
// while the writer is at it. One call of read does not say which bytes the kernel
// copies first, so the state is read before and after the rest.
func (snap *Snapshot) item(f io.ReaderAt, at int64, s *slot) *item {
	var before, now [1]uint64
	for try := 0; try < tries; try++ {
		if readAt(f, at, bytesOf(&before)) != nil || readAt(f, at, bytesOf(s)) != nil || readAt(f, at, bytesOf(&now)) != nil {
			return nil
		}
		if now != before {
			continue
		}
		switch now[0] & modes {
		case entering:
			return nil
		case writing:
			snap.Torn++
			s.length[route] = 0
		}
		i := s.item()
		if i != nil {
			i.Ended = now[0]&modes == idle
		}
		return i
	}
	return nil
}

// item makes an item of what a slot has, if it can be an entry.
func (s *slot) item() *item {
	t, ok := s.split()
	if !ok {
		return nil
	}
	i := &item{child: s.child != 0}
	i.GoroutineID, i.StartedAt = s.gid, time.Unix(0, s.start).UTC()
	i.Request = event.Request{
		Method: t[method], URL: t[path], Route: t[route],
		TraceID: traceID(t[traceparent]), RequestID: t[requestID],
	}
	return i
}

// traceID reads the trace id of a traceparent, or is one.
func traceID(s string) string {
	if event.IsTraceID(s) {
		return s
	}
	return event.TraceIDFromTraceparent(s)
}

// arrange sorts the items and puts aside the children of whose request another
// entry tells.
func (snap *Snapshot) arrange(found []*item) {
	sort.Slice(found, func(i, j int) bool {
		a, b := found[i], found[j]
		if c := a.StartedAt.Compare(b.StartedAt); c != 0 {
			return c < 0
		}
		if a.child != b.child {
			return b.child
		}
		return a.GoroutineID < b.GoroutineID
	})
	for _, i := range found {
		list := &snap.Entries
		if i.child && snap.tells(&i.InFlight) {
			list = &snap.Children
		}
		*list = append(*list, i.InFlight)
	}
}

// alike bounds how many requests that began at one moment are compared: a table
// of rubbish has all of them.
const alike = 64

// tells reports whether an entry tells of a child's request. The child may know
// the route, and the entry not.
func (snap *Snapshot) tells(child *event.InFlight) bool {
	for i := len(snap.Entries) - 1; i >= max(0, len(snap.Entries)-alike); i-- {
		e := &snap.Entries[i]
		if !e.StartedAt.Equal(child.StartedAt) {
			break // they are sorted
		}
		r := e.Request
		r.Route = child.Request.Route
		if r == child.Request {
			if e.Request.Route == "" {
				e.Request.Route = r.Route
			}
			return true
		}
	}
	return false
}

// readNames reads who the writer of an epoch is. The epoch is stored last and
// read first: when it is right, so are the names.
func readNames(f io.ReaderAt, writer uint32) (is Names) {
	var n names
	if readAt(f, namesAt, bytesOf(&n.epoch)) != nil || n.epoch.Load() != writer || readAt(f, namesAt, bytesOf(&n)) != nil {
		return is
	}
	text := string(n.text[:min(int64(n.length), int64(len(n.text)))])
	for _, to := range [...]*string{&is.Service, &is.Release, &is.Environment, &is.Instance} {
		*to, text, _ = strings.Cut(text, "\x00")
		*to = event.Clip(*to, maxName)
	}
	return is
}

func readHeader(f io.ReaderAt, h *header) error {
	err := readAt(f, 0, bytesOf(h))
	if err == nil && h.shape != here {
		err = errNoTable
	}
	return err
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

func bytesOf[T any](p *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}
