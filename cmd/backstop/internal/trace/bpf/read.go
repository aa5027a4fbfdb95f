package bpf

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

const (
	// soon is within what time a record is read that nobody was woken for.
	soon = 20 * time.Millisecond
	// idle is how long a Read waits at once when nothing happens.
	idle = time.Minute
)

// Read waits for the next record. It returns the context's error when that is
// done, and one that is os.ErrClosed after Close. After any other error, of a
// record that is not whole, the next one can be read.
//
// The programs wake the reader not more than once in two milliseconds, because
// that costs the traced program more than all the rest.
func (t *Tracer) Read(ctx context.Context) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { _ = t.reader.Flush() }) // closed: nobody waits
		defer stop()
	}
	for {
		wait := idle
		if t.polls {
			wait = soon
		}
		t.reader.SetDeadline(time.Now().Add(wait))
		raw, err := t.reader.Read()
		switch {
		case err == nil:
			t.polls = true
			return parse(raw.RawSample)
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.polls = false
		case !errors.Is(err, ringbuf.ErrFlushed):
			return Record{}, fmt.Errorf("read a record: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return Record{}, err
		}
	}
}

const maxRecoverers = 16 // MAX_RECOVERERS of wire.h

// A wireHeader is struct header of wire.h.
type wireHeader struct {
	Size, Kind                   uint32
	Time                         uint64
	TGID, TID                    uint32
	Comm                         [16]byte
	Exe, Flags                   uint32
	Bias                         uint64
	G, Goid, Parent, GoPC        uint64
	Site, Seen                   uint64
	Type, Data                   uint64
	Code                         int64
	PC, SP, BP                   uint64
	SystemPC, SystemSP, SystemBP uint64
	Resume, Since                uint64
	Panics, Recoverers           uint32
	Recoverer                    [maxRecoverers]uint64
	StackHi, Labels              uint64
}

const (
	itemSize = 16

	itemMemory = 1
	itemLinks  = 2

	flagStopped   = 2
	flagTruncated = 4
	flagLeft      = 8 // the goroutine was left for the system stack
	flagNested    = 16
)

// parse reads a record. What it says of itself is not believed.
func parse(b []byte) (Record, error) {
	var h wireHeader
	n, err := binary.Decode(b, binary.LittleEndian, &h)
	if err != nil || uint64(h.Size) > uint64(len(b)) || int(h.Size) < n {
		return Record{}, fmt.Errorf("record of %d bytes is not whole", len(b))
	}
	comm, _, _ := bytes.Cut(h.Comm[:], []byte{0})
	r := Record{
		Kind: Kind(h.Kind), Time: time.Duration(h.Time), PID: h.TGID, TID: h.TID, Comm: string(comm), Exe: h.Exe, Bias: h.Bias,
		G: h.G, Goid: h.Goid, Parent: h.Parent, CreatedBy: h.GoPC, StackHi: h.StackHi, LabelsAt: h.Labels,
		Site: h.Site, Seen: h.Seen, Type: h.Type, Data: h.Data, Code: h.Code,
		Regs:   goproc.Registers{PC: h.PC, SP: h.SP, BP: h.BP, Trap: h.Flags&flagLeft == 0},
		System: goproc.Registers{PC: h.SystemPC, SP: h.SystemSP, BP: h.SystemBP, Trap: true},
		Resume: h.Resume, Since: time.Duration(h.Since), Panics: h.Panics,
		Truncated: h.Flags&flagTruncated != 0, Stopped: h.Flags&flagStopped != 0, Nested: h.Flags&flagNested != 0,
	}
	switch r.Kind {
	case Panic:
		r.Depth = h.StackHi - h.SP
	case Recover:
		r.Depth, r.Code = uint64(h.Code), 0
	}
	if k := min(h.Recoverers, maxRecoverers); k > 0 {
		r.Recoverer = append([]uint64(nil), h.Recoverer[:k]...)
	}
	if err := r.items(b[n:h.Size]); err != nil {
		return Record{}, err
	}
	return r, nil
}

// items reads what follows the header: memory and frame-pointer links.
func (r *Record) items(b []byte) error {
	for len(b) > 0 {
		if len(b) < itemSize {
			return fmt.Errorf("%d bytes at the end of a record", len(b))
		}
		addr, size := binary.LittleEndian.Uint64(b), int(binary.LittleEndian.Uint16(b[8:]))
		used, what := int(binary.LittleEndian.Uint16(b[10:])), binary.LittleEndian.Uint32(b[12:])
		b = b[itemSize:]
		padded := (size + 7) &^ 7
		if padded > len(b) || used > size {
			return fmt.Errorf("an item of %d bytes (%d used) in the last %d of a record", size, used, len(b))
		}
		data := b[:size:size]
		if used > 0 {
			data = data[:used:used]
		}
		b = b[padded:]
		switch what {
		case itemMemory:
			r.Stack = append(r.Stack, goproc.Piece{Addr: addr, Bytes: data})
		case itemLinks:
			for ; len(data) >= 16; data = data[16:] {
				r.Links = append(r.Links, goproc.Link{At: binary.LittleEndian.Uint64(data), Return: binary.LittleEndian.Uint64(data[8:])})
			}
		}
	}
	return nil
}
