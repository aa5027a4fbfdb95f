// Package mark writes what is known of a panic to where profiles and traces can
// be filtered by it: the labels of the goroutine, the execution trace, and a
// snapshot of the flight recorder. Each function returns a hook; register those
// that are wanted:
//
//	backstop.OnCrash(mark.Labels())
//	backstop.OnCrash(mark.Trace())
//
// A mark has the panic value as the event has it (redacted), shortened, the id
// of the request, and the stack hash, which is that of the event in the
// collector: it leads from a profile to the issue and back.
//
// Hooks run on the goroutine that panicked. They take microseconds, also in a
// storm: what was once computed for a stack is remembered. Nothing is marked
// where no guard sees the panic.
package mark

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// Names of what is marked. In a profile they are label keys, in an execution
// trace the words of the log message.
const (
	PanicValue = "backstop.panic_value"
	RequestID  = event.LabelRequestID // "backstop.request_id"
	StackHash  = "backstop.stack_hash"
)

// maxValue bounds the text of a panic value in a mark, in bytes. Labels are
// part of every sample of a profile, and of the goroutine's traceback.
const maxValue = 128

// A Place is what a panic was and where it began.
type Place struct {
	Class     crash.Class
	StackHash string      // as the collector computes it for the event
	Origin    crash.Frame // the application's frame where it began; zero when there is none
}

// PlaceOf returns what a panic was and where it began. It remembers what it
// computed for a stack, so that it can be called for every panic of a storm.
func PlaceOf(c *backstop.Crash) Place { return places.of(c) }

// maxPlaces bounds how many stacks are remembered, a kilobyte or two each.
// Programs have few places where they panic.
const maxPlaces = 256

// A memory holds the places of stacks by their program counters. Symbolising
// them is what takes time.
type memory struct {
	mu     sync.Mutex
	stacks map[uint64]*stack
}

// A stack is what was computed for one. The class depends on the message too,
// and the hash on the class.
type stack struct {
	pcs     []uintptr
	report  *crash.Report // never changed
	text    string        // of the latest panic
	latest  Place         // the place for text
	classes map[crash.Class]Place
}

var (
	places memory
	seed   = maphash.MakeSeed()
)

func (m *memory) of(c *backstop.Crash) Place {
	pcs := c.PCs()
	key := hash(pcs)
	m.mu.Lock()
	s := m.stacks[key]
	known := s != nil && slices.Equal(s.pcs, pcs)
	if known && s.text == c.Text {
		defer m.mu.Unlock()
		return s.latest
	}
	m.mu.Unlock()
	if !known {
		s = &stack{pcs: slices.Clone(pcs), report: c.Report(), classes: make(map[crash.Class]Place)}
	}
	r := *s.report
	r.Message, r.HasMessage, r.Class = c.Text, true, ""
	r.Panics = []crash.Panic{{Message: c.Text, Recovered: c.Recovered}}
	r.Class = crash.Classify(&r)

	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := s.classes[r.Class]
	if !ok {
		p = Place{Class: r.Class, StackHash: crash.StackHash(&r)}
		if f := r.Origin(); f != nil {
			p.Origin = *f
		}
		s.classes[r.Class] = p
	}
	s.text, s.latest = c.Text, p
	if !known {
		if m.stacks == nil || len(m.stacks) >= maxPlaces {
			m.stacks = make(map[uint64]*stack) // begin anew: simpler than to choose, and rare
		}
		m.stacks[key] = s
	}
	return p
}

func hash(pcs []uintptr) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	var word [8]byte
	for _, pc := range pcs {
		binary.LittleEndian.PutUint64(word[:], uint64(pc))
		h.Write(word[:]) //nolint:errcheck // never fails
	}
	return h.Sum64()
}

// value is the panic value as a mark has it: its type and text in one line.
func value(c *backstop.Crash) string { return plain(c.Type+": "+c.Text, maxValue) }

func requestID(c *backstop.Crash) string {
	if c.Request == nil {
		return ""
	}
	return plain(c.Request.RequestID, event.MaxRequestID)
}

var brackets = strings.NewReplacer("[", "(", "]", ")", "{", "(", "}", ")", `"`, "'", `\`, "/")

// plain shortens a text, and replaces what readers of tracebacks stumble over:
// from Go 1.26 on the runtime prints labels in the header of a goroutine.
func plain(s string, limit int) string { return brackets.Replace(event.Clip(s, limit)) }
