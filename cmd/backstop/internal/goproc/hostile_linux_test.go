package goproc

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
)

// TestValueCut reads values of which parts are missing.
func TestValueCut(t *testing.T) {
	exe := tracee.BuildFrom(t, os.DirFS("testdata/values"), tracee.Toolchains[5], tracee.PIEStripped)
	p, mem, held := holdValues(t, exe)
	for name, h := range held {
		whole, err := p.Value(mem, h.Type, h.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 8, 12, 16, 24, 40, 100} {
			b := make([]byte, n)
			if got, err := mem.ReadAt(b, int64(h.Data)); got < n {
				t.Logf("%s: %v", name, err) // it holds no address
				break
			}
			v, err := p.Value(Pieces{{h.Data, b}}, h.Type, h.Data)
			if err != nil || v.Type != whole.Type {
				t.Errorf("%s with %d bytes: %+v, %v", name, n, v, err)
			}
			// Where it is whole, it is the same: the rest was a literal.
			if !v.Cut && flat(v) != flat(whole) {
				t.Errorf("%s with %d bytes: %s, with all of them %s", name, n, flat(v), flat(whole))
			}
			if v.Cut && v.Text != "" && !strings.HasPrefix(whole.Text, v.Text[:min(4, len(v.Text))]) {
				t.Errorf("%s with %d bytes: %q, with all of them %q", name, n, v.Text, whole.Text)
			}
		}
	}
	h := held["string"]
	if v, err := p.Value(nil, h.Type+1, h.Data); !errors.Is(err, gobin.ErrNoType) || !v.Cut {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := p.Value(nil, 0, 0); err != nil || v.Type != "*runtime.PanicNilError" || v.Text != "panic called with nil argument" {
		t.Errorf("nil: %+v, %v", v, err)
	}
	if text, cut := p.TextOf(mem, h.Data, 1<<40); len(text) > maxText || !cut {
		t.Errorf("%d bytes, %v", len(text), cut)
	}
}

// noise is memory that answers for every address: what the input has at a
// place that the address decides.
type noise struct {
	input []byte
	reads *int
}

func (n noise) ReadAt(b []byte, off int64) (int, error) {
	*n.reads++
	if len(n.input) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	for i := range b {
		b[i] = n.input[(int(uint64(off)%uint64(len(n.input)))+i)%len(n.input)]
	}
	return len(b), nil
}

// FuzzMemory reads values and unwinds stacks from memory that holds anything.
func FuzzMemory(f *testing.F) {
	exe := tracee.BuildFrom(f, os.DirFS("testdata/values"), tracee.Toolchains[5], tracee.Stripped)
	file, err := gobin.Open(exe)
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	p := &Program{File: file}
	var types []uint64
	for _, name := range []string{"*main.account", "*errors.joinError", "*io/fs.PathError", "*runtime.TypeAssertionError", "runtime.boundsError", "main.account", "*fmt.wrapErrors", "*net/url.Error"} {
		typ, err := file.TypeNamed(name)
		if err != nil {
			f.Fatalf("%s: %v", name, err)
		}
		types = append(types, typ.Addr)
	}
	funcs, err := file.Lookup("main.deepAccount")
	if err != nil {
		f.Fatal(err)
	}
	word := func(words ...uint64) (b []byte) {
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	f.Add(byte(0), word(1, 2, 3, types[0], types[1], 0x1000, 1<<40))
	f.Add(byte(1), word(0x1000, 1<<62, 1<<62, types[1]))
	f.Add(byte(4), word(1<<63, 1<<63, 0x0901))
	f.Add(byte(3), word(funcs[0].Entry+30, types[2], funcs[0].Entry+40))
	u := NewUnwinder(p)
	f.Fuzz(func(t *testing.T, which byte, input []byte) {
		reads := 0
		mem := noise{input, &reads}
		v, err := p.Value(mem, types[int(which)%len(types)], 0x10000)
		if err != nil {
			t.Errorf("%v", err)
		}
		if text := flat(v); len(text) > 8<<20 || reads > 1<<14 {
			t.Errorf("%d bytes after %d reads", len(text), reads)
		}
		pc := funcs[0].Entry + uint64(which)
		if len(input) >= 8 {
			pc = binary.LittleEndian.Uint64(input)
		}
		links := []Link{{0x10000, pc}, {0x100, pc}, {1 << 63, pc}}
		s := u.Unwind(mem, Registers{PC: pc, SP: 0x10000, User: &Registers{PC: pc}}, links, 1000)
		if len(s.Frames) > 1000 {
			t.Errorf("%d frames", len(s.Frames))
		}
	})
}
