package gobin_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// An edit overwrites bytes of a file.
type edit struct {
	at   int64
	with []byte
}

// An edited file is the first size bytes of another with some overwritten.
type edited struct {
	file  *bytes.Reader
	edits []edit
	size  int64
}

func (e *edited) ReadAt(b []byte, off int64) (int, error) {
	if off >= e.size {
		return 0, io.EOF
	}
	n, err := e.file.ReadAt(b[:min(int64(len(b)), e.size-off)], off)
	for _, x := range e.edits {
		for i, c := range x.with {
			if at := x.at + int64(i) - off; 0 <= at && at < int64(n) {
				b[at] = c
			}
		}
	}
	if err == nil && n < len(b) {
		err = io.EOF
	}
	return n, err
}

func content(t testing.TB, exe string) []byte {
	t.Helper()
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// digest asks an executable many things and returns the answers.
func digest(f *gobin.File) (string, error) {
	var b strings.Builder
	for _, name := range []string{"main.main", "main.inner", "main.each[...]", "panic", "runtime.mallocgc"} {
		funcs, err := f.Lookup(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&b, funcs)
		for _, fn := range funcs {
			for off := uint64(0); off < fn.End-fn.Entry; off += 16 {
				frames, err := f.Resolve(fn, off, false)
				if errors.Is(err, gobin.ErrNotFound) {
					continue // padding
				}
				if err != nil {
					return "", err
				}
				b.WriteString(frameText(frames))
			}
		}
	}
	return b.String(), nil
}

// refused says whether an error is one that New and the questions may give.
func refused(err error) bool {
	var unknown *gobin.UnknownReleaseError
	var corrupt *gobin.CorruptError
	return errors.Is(err, gobin.ErrNotGo) || errors.Is(err, gobin.ErrNotFound) || errors.Is(err, gobin.ErrNoType) || errors.As(err, &unknown) || errors.As(err, &corrupt)
}

// TestDamagedModule overwrites each word of moduledata: whatever is read then
// is right or refused.
func TestDamagedModule(t *testing.T) {
	for _, m := range []mode{stripped, pie} {
		exe := build(t, current(), m)
		f := open(t, exe)
		want, err := digest(f)
		if err != nil {
			t.Fatal(err)
		}
		module, _, _ := f.Module()
		all := content(t, exe)
		wrong := 0
		for i := int64(0); i < gobin.Words; i++ {
			for _, with := range []uint64{0, 1, 1 << 20, 1<<64 - 1, binary.LittleEndian.Uint64(all[module+8*i:]) + 16} {
				e := &edited{bytes.NewReader(all), []edit{{module + 8*i, binary.LittleEndian.AppendUint64(nil, with)}}, int64(len(all))}
				f, err := gobin.New(e)
				got := ""
				if err == nil {
					got, err = digest(f)
				}
				if err != nil {
					wrong++
					if !refused(err) {
						t.Errorf("%s: word %d is %#x: %v", m.name, i, with, err)
					}
				} else if got != want {
					t.Errorf("%s: word %d is %#x: other answers", m.name, i, with)
				}
			}
		}
		// In a position-independent executable the pointers stand elsewhere.
		if wrong < 60 && !f.PIE() || wrong < 20 {
			t.Errorf("%s: only %d edits were noticed", m.name, wrong)
		}
	}
}

// TestTruncated cuts executables short.
func TestTruncated(t *testing.T) {
	for _, m := range []mode{stripped, pieStripped, cross("windows", "amd64").stripped(), cross("darwin", "arm64").stripped()} {
		exe := build(t, current(), m)
		want, err := digest(open(t, exe))
		if err != nil {
			t.Fatal(err)
		}
		all := content(t, exe)
		for i := int64(0); i < 64; i++ {
			size := int64(len(all)) * i / 64
			f, err := gobin.New(&edited{bytes.NewReader(all), nil, size})
			got := ""
			if err == nil {
				got, err = digest(f)
			}
			if err != nil && !refused(err) || err == nil && got != want {
				t.Errorf("%s, first %d of %d bytes: %v", m.name, size, len(all), err)
			}
			if i < 16 && err == nil {
				t.Errorf("%s: nothing is missing from the first %d of %d bytes", m.name, size, len(all))
			}
		}
	}
}

// TestUnknownRelease makes an executable say that it comes from the future.
func TestUnknownRelease(t *testing.T) {
	exe := build(t, current(), stripped)
	clean := open(t, exe)
	want, err := digest(clean)
	if err != nil {
		t.Fatal(err)
	}
	all := content(t, exe)
	version := clean.GoVersion()
	future := "go1.99" + version[len("go1.99"):]
	info := bytes.Index(all, []byte("\xff Go buildinf:"))
	at := int64(info + bytes.Index(all[info:], []byte(version)))
	e := &edited{bytes.NewReader(all), []edit{{at, []byte(future)}}, int64(len(all))}
	f, err := gobin.New(e)
	if err != nil {
		t.Fatalf("tables that verify were refused: %v", err)
	}
	if got, err := digest(f); f.GoVersion() != future || err != nil || got != want {
		t.Errorf("%s: %v, or other answers", f.GoVersion(), err)
	}
	// Without build information it is the same.
	none := &edited{e.file, []edit{{int64(info), []byte{0}}}, e.size}
	f, err = gobin.New(none)
	if err != nil {
		t.Fatalf("tables that verify were refused: %v", err)
	}
	if got, err := digest(f); f.GoVersion() != "" || err != nil || got != want {
		t.Errorf("%s: %v, or other answers", f.GoVersion(), err)
	}
	// Another table header, and other words behind the known ones.
	module, tables, _ := clean.Module()
	for _, x := range []edit{{tables, []byte{0xee}}, {module + 24*8, make([]byte, 24*8)}} {
		e.edits = append(e.edits[:1], x)
		_, err := gobin.New(e)
		var unknown *gobin.UnknownReleaseError
		if !errors.As(err, &unknown) || unknown.GoVersion != future || !strings.Contains(err.Error(), future) {
			t.Errorf("changed at %#x: %v", x.at, err)
		}
	}
}

// sparse is a file of any size that is zero behind its beginning.
type sparse struct {
	head []byte
	size int64
}

func (s *sparse) ReadAt(b []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	clear(b)
	if off < int64(len(s.head)) {
		copy(b, s.head[off:])
	}
	if left := s.size - off; int64(len(b)) > left {
		return int(left), io.EOF
	}
	return len(b), nil
}

// TestHuge opens files that claim to be larger than any memory.
func TestHuge(t *testing.T) {
	exe := content(t, build(t, current(), pieStripped))
	le := binary.LittleEndian
	phoff, n := le.Uint64(exe[32:]), uint64(le.Uint16(exe[56:]))
	huge := bytes.Clone(exe[:1<<16])
	for i := uint64(0); i < n; i++ {
		p := huge[phoff+56*i:]
		if le.Uint32(p) == 1 { // PT_LOAD
			le.PutUint64(p[16:], i<<50) // address
			le.PutUint64(p[32:], 1<<49) // size in the file
		}
		if le.Uint32(p) == 2 { // PT_DYNAMIC
			le.PutUint64(p[32:], 1<<49)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, size := range []int64{1 << 20, 1 << 62} {
		if _, err := gobin.New(&sparse{huge, size}); !refused(err) {
			t.Errorf("%v", err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("%d bytes were allocated", took)
	}
}

// TestChainedFixups makes the pointers of a Mach-O executable a chain, as
// Apple's linker would, because it cannot be run here.
func TestChainedFixups(t *testing.T) {
	exe := build(t, current(), cross("darwin", "arm64").stripped())
	clean := open(t, exe)
	want, err := digest(clean)
	if err != nil {
		t.Fatal(err)
	}
	all := content(t, exe)
	le := binary.LittleEndian
	module, _, _ := clean.Module()
	base, address := clean.Base()
	var at []int64 // of the pointers of moduledata
	for i := int64(0); i < gobin.Words; i++ {
		if v := le.Uint64(all[module+8*i:]); v >= base && v < base+1<<30 {
			at = append(at, module+8*i)
		}
	}
	if len(at) < 20 {
		t.Fatalf("%d pointers in moduledata", len(at))
	}
	for i, off := range at {
		v := le.Uint64(all[off:]) - base
		if i+1 < len(at) {
			v |= uint64(at[i+1]-off) / 4 << 51
		}
		le.PutUint64(all[off:], v)
	}
	if _, err := gobin.New(bytes.NewReader(all)); !refused(err) {
		t.Fatalf("the pointers are not needed: %v", err)
	}
	// A segment of one page that is as large as it must be.
	chain := make([]byte, 64)
	le.PutUint32(chain[4:], 32)                                // starts_offset
	le.PutUint32(chain[32:], 1)                                // seg_count
	le.PutUint32(chain[36:], 8)                                // seg_info_offset
	le.PutUint16(chain[40+4:], 1<<14)                          // page_size
	le.PutUint16(chain[40+6:], 6)                              // DYLD_CHAINED_PTR_64_OFFSET
	le.PutUint64(chain[40+8:], address-base&^7)                // segment_offset
	le.PutUint16(chain[40+20:], 1)                             // page_count
	le.PutUint16(chain[40+22:], uint16(at[0]-module))          // page_start
	command := le.AppendUint32(nil, 0x80000034)                // LC_DYLD_CHAINED_FIXUPS
	command = le.AppendUint32(command, 16)                     // its size
	command = le.AppendUint32(command, uint32(len(all)))       // of the chains
	command = le.AppendUint32(command, uint32(len(chain)))     // in the file
	commands, size := le.Uint32(all[16:]), le.Uint32(all[20:]) // number and size
	copy(all[32+size:], command)                               // there is room
	le.PutUint32(all[16:], commands+1)
	le.PutUint32(all[20:], size+16)
	f, err := gobin.New(bytes.NewReader(append(all, chain...)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := digest(f); err != nil || got != want {
		t.Errorf("%v, or other answers", err)
	}
}

// TestShuffledRelocations has the relocations of a position-independent
// executable in no order, as a linker may leave them.
func TestShuffledRelocations(t *testing.T) {
	exe := build(t, current(), pieStripped)
	want, err := digest(open(t, exe))
	if err != nil {
		t.Fatal(err)
	}
	all := content(t, exe)
	f, err := elf.NewFile(bytes.NewReader(all))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Section(".rela")
	if s == nil || s.Size < 24*1000 {
		t.Fatalf("relocations are in %+v", s)
	}
	table := all[s.Offset : s.Offset+s.Size]
	rand.New(rand.NewSource(1)).Shuffle(len(table)/24, func(i, j int) {
		a, b := table[24*i:24*i+24], table[24*j:24*j+24]
		c := bytes.Clone(a)
		copy(a, b)
		copy(b, c)
	})
	x, err := gobin.New(bytes.NewReader(all))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := digest(x); err != nil || got != want {
		t.Errorf("%v, or other answers", err)
	}
}
