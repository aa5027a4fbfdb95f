package bpf

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// sample is a record as the programs write it: a value of which 24 of 128 bytes
// are used, a stack, a text, links.
func sample(tb testing.TB) []byte {
	tb.Helper()
	h := wireHeader{Kind: uint32(Panic), Time: 5, TGID: 7, Exe: 3, Goid: 9, Recoverers: 2, Flags: flagTruncated | flagLeft}
	copy(h.Comm[:], "shop")
	h.Recoverer[0], h.Recoverer[1] = 1, 2
	type item struct {
		Addr      uint64
		Len, Used uint16
		What      uint32
	}
	var rest bytes.Buffer
	for _, part := range []any{
		item{0xc000, 128, 24, itemMemory},
		make([]byte, 128),
		item{0xd000, 16, 0, itemMemory},
		make([]byte, 16),
		item{0xe000, 5, 0, itemMemory},
		[]byte("a textxx")[:8],
		item{0, 32, 0, itemLinks},
		[]uint64{1, 2, 3, 4},
	} {
		if err := binary.Write(&rest, binary.LittleEndian, part); err != nil {
			tb.Fatal(err)
		}
	}
	h.Size = uint32(binary.Size(h) + rest.Len())
	var all bytes.Buffer
	if err := binary.Write(&all, binary.LittleEndian, h); err != nil {
		tb.Fatal(err)
	}
	return append(all.Bytes(), rest.Bytes()...)
}

func TestParse(t *testing.T) {
	b := sample(t)
	r, err := parse(append(b, 0, 0, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != Panic || r.Time != 5*time.Nanosecond || r.PID != 7 || r.Exe != 3 || r.Goid != 9 || r.Comm != "shop" || !r.Truncated || r.Regs.Trap || len(r.Recoverer) != 2 {
		t.Errorf("%+v", r)
	}
	if len(r.Stack) != 3 || len(r.Stack[0].Bytes) != 24 || r.Stack[1].Addr != 0xd000 || string(r.Stack[2].Bytes) != "a tex" {
		t.Errorf("%+v", r.Stack)
	}
	if len(r.Links) != 2 || r.Links[1].At != 3 || r.Links[1].Return != 4 {
		t.Errorf("%+v", r.Links)
	}
	for n := range b {
		if _, err := parse(b[:n]); err == nil {
			t.Errorf("%d of %d bytes are a record", n, len(b))
		}
	}
}

// Whatever bytes come off the ring, what is made of them lies within them.
func FuzzParse(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parse(b)
		if err != nil {
			return
		}
		n := 16*len(r.Links) + len(r.Comm)
		for _, p := range r.Stack {
			n += len(p.Bytes)
		}
		if n > len(b) || len(r.Recoverer) > maxRecoverers {
			t.Errorf("%d bytes out of %d, %d recoverers", n, len(b), len(r.Recoverer))
		}
	})
}

// The structures in Go are as large as those that the programs were compiled
// with, and their members stand at the same places.
func TestWire(t *testing.T) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(probesObject))
	if err != nil {
		t.Fatal(err)
	}
	for m, want := range map[string][2]int{
		"executables": {4, binary.Size(wireExecutable{})},
		"counts":      {binary.Size(countKey{}), binary.Size(countValue{})},
		"stopped":     {4, 8},
	} {
		if got := spec.Maps[m]; int(got.KeySize) != want[0] || int(got.ValueSize) != want[1] {
			t.Errorf("%s: %d and %d bytes, here %v", m, got.KeySize, got.ValueSize, want)
		}
	}
	slot, ok := btf.UnderlyingType(spec.Maps["executables"].Value).(*btf.Struct)
	if !ok {
		t.Fatalf("%v", spec.Maps["executables"].Value)
	}
	offsets := map[string]uint32{}
	for _, m := range slot.Members {
		offsets[m.Name] = m.Offset.Bytes()
	}
	var w wireExecutable
	for name, want := range map[string]uintptr{
		"ignore": unsafe.Offsetof(w.Ignore), "flags": unsafe.Offsetof(w.Flags), "recover_frame": unsafe.Offsetof(w.RecoverFrame),
		"g_size": unsafe.Offsetof(w.GSize), "id": unsafe.Offsetof(w.ID), "g_goid": unsafe.Offsetof(w.G) + unsafe.Offsetof(w.G.Goid),
		"m_curg": unsafe.Offsetof(w.MCurG), "p_arg": unsafe.Offsetof(w.P), "p_retpc": unsafe.Offsetof(w.P) + unsafe.Offsetof(w.P.RetPC),
	} {
		if offsets[name] != uint32(want) {
			t.Errorf("%s at %d, not %d", name, offsets[name], want)
		}
	}
}
