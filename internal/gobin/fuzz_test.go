package gobin_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// A base is an executable that the fuzzer damages.
type base struct {
	file    []byte
	regions [][2]int64 // where damage is interesting: offset and length
}

func bases(f *testing.F) []base {
	f.Helper()
	var all []base
	for _, m := range []mode{pieStripped, stripped, cross("windows", "amd64").stripped(), cross("darwin", "arm64").stripped()} {
		exe := build(f, current(), m)
		file := content(f, exe)
		x, err := gobin.Open(exe)
		if err != nil {
			f.Fatal(err)
		}
		module, tables, end := x.Module()
		from, to := x.Types()
		types, _ := x.Offset(from)
		_ = x.Close()
		info := int64(bytes.Index(file, []byte("\xff Go buildinf:")))
		all = append(all, base{file, [][2]int64{
			{0, 1024},                    // headers
			{module, 8 * gobin.Words},    // moduledata
			{tables, 128},                // table header, first names
			{tables, end - tables},       // all tables
			{info, 512},                  // build information
			{0, int64(len(file))},        // anything
			{end - (end-tables)/3, 4096}, // records of functions
			{types, int64(to - from)},    // types and their names
		}})
	}
	return all
}

// FuzzOpen damages executables and asks all questions. The input chooses one,
// cuts it, and overwrites bytes: eight of the input for each edit.
func FuzzOpen(f *testing.F) {
	all := bases(f)
	for i := range all {
		f.Add([]byte{byte(i), 255, 255})
		f.Add([]byte{byte(i), 128, 0, 3, 4, 0, 100, 0, 1, 2, 3})
		f.Add([]byte{byte(i), 255, 255, 1, 8, 0, 0xb0, 0, 255, 255, 255, 255, 1, 8, 0, 0xb8, 0, 0, 0, 0, 1})
		f.Add([]byte{byte(i), 255, 255, 0, 4, 0, 0x20, 0, 255, 255, 255})
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) < 3 {
			return
		}
		b := all[int(input[0])%len(all)]
		e := &edited{file: bytes.NewReader(b.file)}
		e.size = int64(len(b.file)) * int64(binary.BigEndian.Uint16(input[1:])) / 65535
		for input = input[3:]; len(input) >= 8 && len(e.edits) < 64; input = input[8:] {
			r := b.regions[int(input[0])%len(b.regions)]
			at := r[0] + int64(binary.BigEndian.Uint32(append([]byte{0}, input[2:5]...)))%r[1]
			with := append([]byte(nil), input[5:8]...)
			if input[1]&8 != 0 {
				with = append(with, 0, 0, 0, 0, 0) // a whole word
			}
			e.edits = append(e.edits, edit{at, with})
		}
		x, err := gobin.New(e)
		if err != nil {
			if !refused(err) {
				t.Errorf("%v", err)
			}
			return
		}
		askAll(t, x)
	})
}

// askAll asks everything; answers are wrong or errors, but they come.
func askAll(t *testing.T, x *gobin.File) {
	t.Helper()
	check := func(err error) {
		if err != nil && !refused(err) {
			t.Errorf("%v", err)
		}
	}
	_, err := x.BuildInfo()
	check(err)
	start, end := x.Text()
	for i := uint64(0); i < 32; i++ {
		pc := start + (end-start)/32*i
		_, err := x.Stack(pc)
		check(err)
		_, _, err = x.Position(pc)
		check(err)
		_, err = x.FuncAt(pc)
		check(err)
	}
	_, err = digest(x)
	check(err)
	_, err = x.TypeNamed("os.File")
	check(err)
	from, to := x.Types()
	for i := uint64(0); i < 256 && to > from; i++ {
		addr := from + (to-from)/256*i&^7
		_, err := x.TypeAt(addr)
		check(err)
		_, _, err = x.Itab(addr)
		check(err)
		_, err = x.Site(start + (end-start)/256*i)
		check(err)
	}
	n := 0
	check(x.Funcs(func(fn gobin.Func) bool {
		_, err := x.Resolve(fn, 1, true)
		check(err)
		n++
		return n < 300
	}))
	n = 0
	x.ROCandidates(0x1234, 16, func(at uint64, b []byte) bool {
		if c, ok := x.ROData(at, 16); !ok || !bytes.Equal(b, c) {
			t.Errorf("%#x holds %q or %q", at, b, c)
		}
		n++
		return n < 100
	})
}
