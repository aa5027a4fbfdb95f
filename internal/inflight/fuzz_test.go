package inflight

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/backstop-go/backstop/event"
)

// FuzzRead gives arbitrary bytes to the reader, as the first slots of a table
// and as all of a file.
func FuzzRead(f *testing.F) {
	table := newTable(f)
	table.Introduce(&event.Evidence{Service: "shop"})
	for gid := int64(1); gid < 400; gid++ {
		e := consistent(gid, gid)
		e.Child = gid%3 == 0
		table.Enter(gid, &e)
	}
	content := make([]byte, fileSize)
	if err := readAt(table.File(), 0, content); err != nil {
		f.Fatal(err)
	}
	f.Add(content[:pageSize+8*slotSize])
	f.Add(content[pageSize : pageSize+8*slotSize])
	head := bytes.Clone(content[:pageSize])
	f.Fuzz(func(t *testing.T, data []byte) {
		var snap Snapshot
		if snap.read(bytes.NewReader(data)) == nil && len(data) < fileSize {
			t.Errorf("%d bytes are a table", len(data))
		}
		snap = Snapshot{}
		page := bytes.Clone(head)
		copy(page[namesAt+4:], data) // behind the epoch
		if err := snap.read(file{page, data}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{snap.Service, snap.Release, snap.Environment, snap.Instance} {
			if len(name) > maxName || event.Clip(name, maxName) != name {
				t.Errorf("name %q", name)
			}
		}
		if n := len(snap.Entries) + len(snap.Children) + len(snap.Left) + snap.Torn; n > 2*slots {
			t.Errorf("%d entries", n)
		}
		for _, list := range [][]event.InFlight{snap.Entries, snap.Children, snap.Left} {
			for i := range list {
				bounded(t, &list[i])
			}
		}
	})
}

// A file is a table of which only the first slots are not zero.
type file struct{ head, slots []byte }

func (f file) ReadAt(b []byte, at int64) (int, error) {
	if at < pageSize {
		return copy(b, f.head[at:]), nil
	}
	clear(b)
	if at -= pageSize; at < int64(len(f.slots)) {
		copy(b, f.slots[at:])
	}
	return len(b), nil
}

func bounded(t *testing.T, f *event.InFlight) {
	t.Helper()
	r := &f.Request
	for text, limit := range map[string]int{r.Method: event.MaxMethod, r.URL: event.MaxPath, r.Route: event.MaxRoute, r.RequestID: event.MaxRequestID} {
		// Clip writes one byte for one that is invalid, and ? for others.
		if len(text) > limit || !utf8.ValidString(text) || event.Clip(text, limit) != text {
			t.Errorf("text %q", text)
		}
	}
	if r.TraceID != "" && !event.IsTraceID(r.TraceID) || f.GoroutineID <= 0 {
		t.Errorf("%+v", f)
	}
	if _, err := f.StartedAt.MarshalJSON(); err != nil {
		t.Error(err)
	}
}
