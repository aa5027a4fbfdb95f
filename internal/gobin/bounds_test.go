package gobin

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// crafted returns tables of one function, all of which is line 0 of one file.
// inline is the table of indexes into its inline tree, tree the words of that.
func crafted(inline []byte, tree ...uint32) *File {
	const text = 1 << 32
	const position = "\x02\x80\x80\x80\x80\x08\x00" // 0 for all bytes
	le := binary.LittleEndian
	var data []byte
	place := func(b []byte) region {
		for len(data)%8 != 0 {
			data = append(data, 0)
		}
		r := region{uint64(len(data)), uint64(len(b))}
		data = append(data, b...)
		return r
	}
	words := func(w ...uint32) (b []byte) {
		for _, x := range w {
			b = le.AppendUint32(b, x)
		}
		return b
	}
	t := &tables{release: 26}
	place(make([]byte, 8))
	t.gofunc = place(words(tree...)).addr
	t.names = place([]byte("main.f\x00main.g\x00"))
	t.files = place([]byte("f.go\x00"))
	t.units = place(words(0, 0))
	t.pcs = place(append([]byte("\x00"+position), inline...))
	record := words(0, 0, 0, 0, 0, 1, 1, 3, 0, 10, 4<<24, 0, 0, 1+uint32(len(position)), ^uint32(0), ^uint32(0), ^uint32(0), 0)
	t.funcs = place(append(words(0, 12, 1<<31), record...))
	t.magic, t.quantum, t.nfunc = magic120, 1, 1
	t.text, t.minpc, t.maxpc, t.etext = text, text, text+1<<31, text+1<<31
	t.image = &image{
		r: bytes.NewReader(data), format: "elf", arch: "amd64", order: le, ptr: 8,
		segs: []segment{{size: uint64(len(data))}}, blocks: map[uint64][]byte{},
	}
	return &File{t: t}
}

// TestCrafted shows that crafted can be read at all.
func TestCrafted(t *testing.T) {
	// Value 0 for 16 bytes; main.g is inlined, called at line 0 of the same.
	f := crafted([]byte{2, 16, 1, 16, 0}, 0, 7, 16, 42)
	stack, err := f.Stack(f.t.text)
	if err != nil || len(stack) != 2 || stack[0] != (Frame{"main.g", "f.go", 0, 42, true, false}) || stack[1].Func != "main.f" {
		t.Fatalf("%+v, %v", stack, err)
	}
	if funcs, err := f.Lookup("main.g"); err != nil || len(funcs) != 1 || !funcs[0].Inlined || funcs[0].StartLine != 42 {
		t.Errorf("%+v, %v", funcs, err)
	}
}

// TestBounds asks crafted tables that would keep an unbounded reader busy.
func TestBounds(t *testing.T) {
	endless := bytes.Repeat([]byte{2, 1}, maxTable) // twice what is read
	for name, c := range map[string]struct {
		f    *File
		want string
	}{
		"a call within itself":   {crafted([]byte{2, 16, 0}, 0, 7, 0, 42), "calls without end"},
		"a table without end":    {crafted(endless), "pc table"},
		"a table that stops":     {crafted([]byte{2}), "bad number"},
		"a step back":            {crafted([]byte{2, 0x80, 0x80, 0x80, 0x80, 0x10, 0}), "it goes from"},
		"a step of nothing":      {crafted([]byte{2, 0, 2, 1, 0}), "it goes from"},
		"a number of many bytes": {crafted([]byte{2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}), "bad number"},
		"a call far away":        {crafted([]byte{2, 16, 0}, 0, 7, 1<<31, 42), "outside its function"},
		"a tree that is missing": {crafted([]byte{0x80, 0x80, 0x80, 0x80, 0xf, 16, 0}, 0, 7, 16, 42), "inline tree"},
		"a name far away":        {crafted([]byte{2, 16, 1, 16, 0}, 0, 1<<31, 16, 42), "function names"},
	} {
		_, err := c.f.Stack(c.f.t.text)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestBlocks reads around the edges of blocks, and more blocks than are kept.
func TestBlocks(t *testing.T) {
	data := make([]byte, 2*blockSize+10)
	for i := range data {
		data[i] = byte(i % 251)
	}
	m := &image{r: bytes.NewReader(data), blocks: map[uint64][]byte{}, segs: []segment{
		{addr: 1000, size: 3000, off: 10}, {addr: 1 << 20, size: uint64(len(data)) - 100, off: 100},
	}}
	w := window{m: m}
	for _, s := range m.segs {
		for _, at := range []uint64{0, 1, s.size / 2, blockSize - 101, blockSize - 100, blockSize - 99, 2*blockSize - 101, s.size - 20, s.size - 1} {
			for _, n := range []uint64{1, 2, 20, 300, blockSize + 5} {
				if at >= s.size {
					continue
				}
				inside := n <= s.size-at
				want := data[s.off+at:]
				if inside {
					want = want[:n]
				}
				for name, read := range map[string]func(addr, n uint64) ([]byte, error){"image": m.bytes, "window": w.at} {
					b, err := read(s.addr+at, n)
					if inside != (err == nil) || inside && !bytes.Equal(b, want) {
						t.Errorf("%s: %d bytes at %#x: %d bytes, %v", name, n, s.addr+at, len(b), err)
					}
				}
			}
		}
	}
	for i := uint64(0); i < 3*maxBlocks; i++ {
		if _, err := m.block(i); err != nil {
			t.Fatal(err)
		}
		if len(m.blocks) > maxBlocks {
			t.Fatalf("%d blocks are kept", len(m.blocks))
		}
	}
}
