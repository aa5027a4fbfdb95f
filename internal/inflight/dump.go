package inflight

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/backstop-go/backstop/event"
)

// Dump returns what is or was in flight for somebody else to read, as a table
// without its unused slots, compressed; nil when nothing was. It is for a table
// whose writer has ended. What makes more than limit bytes loses requests, those
// that were served first. busy counts the goroutines that were serving.
//
// Whoever observes a program from within its executable sends this, and the
// collector reads it: programs carry no reader of tables.
func Dump(f io.ReaderAt, limit int) (packed []byte, busy int, err error) {
	var h header
	err, part := readAt(f, 0, bytesOf(&h)), new([chunk]slot)
	kept := [2][]byte{bytesOf(&h)} // with what is in flight; what was
	for at := int64(0); err == nil && at < slots; at += chunk {
		err = readAt(f, pageSize+at*slotSize, bytesOf(part))
		for i := range part {
			s := &part[i]
			state := s.state.Load()
			if err != nil || state == 0 || s.epoch != uint32(h.writer.Load()/epoch) || !s.forget() {
				continue
			}
			k := &kept[0]
			if state&modes == idle {
				k = &kept[1]
			}
			*k = append(*k, bytesOf(s)...)
		}
	}
	if err != nil {
		return nil, 0, failed("read", err)
	}
	busy = (len(kept[0]) - headerSize) / slotSize
	for all := append(kept[0], kept[1]...); len(all) > headerSize; {
		packed, err = event.Pack(all)
		if err != nil || len(packed) <= limit {
			return packed, busy, err
		}
		n := (len(all) - headerSize) / slotSize / 2
		all = all[:headerSize+n*slotSize]
	}
	return nil, busy, nil
}

// forget clears what is left of the texts of earlier requests. It reports whether
// the lengths can be right.
func (s *slot) forget() bool {
	n := 0
	for _, l := range s.length[:route] {
		n += int(l)
	}
	if n > len(s.text) || int(s.length[route]) > len(s.route) {
		return false
	}
	clear(s.text[n:])
	clear(s.route[s.length[route]:])
	return true
}

// Undump reads what Dump made. It takes it for hostile, as Read does.
func Undump(data []byte) (Snapshot, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return Snapshot{}, failed("read", err)
	}
	raw := make([]byte, fileSize)
	for _, part := range [][]byte{raw[:headerSize], raw[pageSize:]} {
		if _, err := io.ReadFull(r, part); err != nil && err != io.ErrUnexpectedEOF && err != io.EOF { //nolint:errorlint // io returns these as they are
			return Snapshot{}, failed("read", err)
		}
	}
	return Read(bytes.NewReader(raw))
}

// AddTo tells an event of an end what was in flight, and looks for its own
// request among that.
func (snap *Snapshot) AddTo(e *event.Event) {
	// A goroutine that works for a request is not one more request, and one that
	// has served its request is none at all, but either may have started the one
	// that crashed, or be it.
	e.InFlight, e.InFlightCount = snap.Entries, len(snap.Entries)
	if len(snap.Children)+len(snap.Left) > 0 {
		e.InFlight = append(append(append([]event.InFlight(nil), snap.Entries...), snap.Children...), snap.Left...)
	}
	e.FindRequest()
	e.InFlight = snap.Entries[:min(len(snap.Entries), event.MaxInFlight)]
}
