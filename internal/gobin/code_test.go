package gobin_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// TestCode compares the code of functions and its place in the file with what
// the symbol table and the section of code say.
func TestCode(t *testing.T) {
	for _, m := range []mode{static, pie} {
		exe := build(t, current(), m)
		f, all := open(t, exe), content(t, exe)
		symbols := symbolTable(t, exe)
		n := 0
		err := f.Funcs(func(fn gobin.Func) bool {
			code, err := f.Code(fn)
			if err != nil {
				t.Errorf("%s: %s: %v", m.name, fn.Name, err)
				return false
			}
			if uint64(len(code)) != fn.End-fn.Entry {
				t.Errorf("%s: %s has %d bytes", m.name, fn.Name, len(code))
			}
			off, ok := f.Offset(fn.Entry)
			if !ok || !bytes.Equal(all[off:off+int64(len(code))], code) {
				t.Errorf("%s: %s is not at offset %#x, %v", m.name, fn.Name, off, ok)
			}
			if want, ok := symbols[fn.Entry]; ok {
				n++
				if !bytes.HasPrefix(code, want) {
					t.Errorf("%s: %s: other code", m.name, fn.Name)
				}
			}
			return true
		})
		if err != nil || n < 1000 {
			t.Errorf("%s: %d functions compared, %v", m.name, n, err)
		}
		inlined, err := f.Lookup("main.outer")
		if err != nil {
			t.Fatal(err)
		}
		start, end := f.Text()
		for _, fn := range []gobin.Func{inlined[0], {Entry: start - 1, End: start}, {Entry: start, End: end + 1}, {Entry: end, End: start}} {
			if code, err := f.Code(fn); !errors.Is(err, gobin.ErrNotFound) {
				t.Errorf("%s: %+v: %d bytes, %v", m.name, fn, len(code), err)
			}
		}
		for _, addr := range []uint64{1 << 63, ^uint64(0)} {
			if off, ok := f.Offset(addr); ok {
				t.Errorf("%s: %#x is at offset %#x", m.name, addr, off)
			}
		}
	}
}

// symbolTable returns the code of each function symbol by its address.
func symbolTable(t *testing.T, exe string) map[uint64][]byte {
	t.Helper()
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	text := f.Section(".text")
	code, err := text.Data()
	if err != nil {
		t.Fatal(err)
	}
	all := map[uint64][]byte{}
	for _, s := range symbols {
		if at := s.Value - text.Addr; elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Size > 0 && at < uint64(len(code)) && s.Size <= uint64(len(code))-at {
			all[s.Value] = code[at : at+s.Size]
		}
	}
	return all
}
