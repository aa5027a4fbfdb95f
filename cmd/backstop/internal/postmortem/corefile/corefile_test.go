package corefile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNotes(t *testing.T) {
	c := read(t, sample().bytes())
	if len(c.Problems) != 0 {
		t.Errorf("problems %q", c.Problems)
	}
	if len(c.Threads) != 2 || c.Threads[0].TID != 11 || c.Threads[1].TID != 12 || c.Threads[0].Registers.RIP != 0x401234 || c.Threads[1].Registers.RSP != 0xc000001800 {
		t.Errorf("threads %+v", c.Threads)
	}
	if want := (Signal{Number: 11, Code: 1, Addr: 0xdead, Sender: 0xdead, Info: true}); c.Signal != want {
		t.Errorf("signal %+v", c.Signal)
	}
	if want := (Process{PID: 11, UID: 1000, Name: "shop", Args: "./shop -key secret"}); c.Process != want {
		t.Errorf("process %+v", c.Process)
	}
	if want := (Auxv{Phdr: 0x400040, Entry: 0x401000, Base: 0x7f0000000000, Known: true}); c.Auxv != want {
		t.Errorf("auxv %+v", c.Auxv)
	}
	if path, removed := c.Executable(); path != "/srv/shop" || removed {
		t.Errorf("executable %q, %v", path, removed)
	}
}

// TestMemory: what stands in the core, what is zero, and what is missing.
func TestMemory(t *testing.T) {
	c := read(t, sample().bytes())
	at := func(addr uint64, n int) (string, error) {
		b := make([]byte, n)
		got, err := c.ReadAt(b, int64(addr))
		return string(b[:got]), err
	}
	if s, err := at(0x500ffe, 4); err != nil || s != "dd\x00\x00" {
		t.Errorf("data and what follows it: %q, %v", s, err)
	}
	if s, err := at(0xc000003ffe, 4); s != "ss" || !strings.Contains(err.Error(), "no memory at 0xc000004000") {
		t.Errorf("end of a segment: %q, %v", s, err)
	}
	for addr, want := range map[uint64]string{
		0x401000: "it was mapped from /srv/shop",
		0x600000: "was not written to the core",
		0x300000: "no memory",
	} {
		_, err := at(addr, 8)
		var missing *MissingError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), want) {
			t.Errorf("at %#x: %v", addr, err)
		}
	}
}

// TestUseFile: what the core lacks comes from the file, if it is the same one.
func TestUseFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	page := bytes.Repeat([]byte{'h'}, pageSize)
	same := write("same", append(bytes.Clone(page), "code"...))
	stripped := bytes.Clone(page)
	copy(stripped[40:], "sections")
	page[1000]++

	c := read(t, sample().bytes())
	if _, err := c.UseFile(same, "/srv/other"); !errors.Is(err, ErrNotMapped) {
		t.Errorf("of what was not mapped: %v", err)
	}
	var mismatch *MismatchError
	if _, err := c.UseFile(write("other", page), "/srv/shop"); !errors.As(err, &mismatch) {
		t.Errorf("another file: %v", err)
	}
	if proved, err := c.UseFile(write("stripped", stripped), "/srv/shop"); err != nil || !proved {
		t.Errorf("stripped later: %v, %v", proved, err)
	}
	if proved, err := c.UseFile(same, "/srv/shop"); err != nil || !proved {
		t.Fatalf("the same file: %v, %v", proved, err)
	}
	b := make([]byte, 8)
	if n, err := c.ReadAt(b, 0x400ffe); err != nil || string(b[:n]) != "hhcode\x00\x00" {
		t.Errorf("from the file: %q, %v", b[:n], err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestBuildID: another build is told by its identifier.
func TestBuildID(t *testing.T) {
	page := func(id string) []byte {
		b := make([]byte, pageSize)
		order.PutUint32(b[0x100:], 4)
		order.PutUint32(b[0x104:], uint32(len(id)))
		order.PutUint32(b[0x108:], 4)
		copy(b[0x10c:], "Go\x00\x00"+id)
		return b
	}
	detail := difference(page("one/two"), page("one/six"), true)
	if !strings.Contains(detail, "one/six, that of the process one/two") {
		t.Errorf("it says %q", detail)
	}
	if detail := difference(page("one/two"), page("one/two"), true); detail != "" {
		t.Errorf("of the same: %q", detail)
	}
}

// TestRefused: what is no core says what it is, and what to do.
func TestRefused(t *testing.T) {
	other := sample()
	other.machine = 183
	executable := sample().bytes()
	executable[16] = 2
	short := sample()
	short.notes = nil
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":      {nil, "it is empty"},
		"text":       {[]byte("panic: no\n"), "it is not ELF"},
		"gzip":       {[]byte("\x1f\x8b\x08"), "compressed with gzip"},
		"zstd":       {[]byte("\x28\xb5\x2f\xfd..."), "compressed with zstd"},
		"lz4":        {[]byte("\x04\x22\x4d\x18..."), "compressed with lz4"},
		"arm64":      {other.bytes(), "it is of arm64"},
		"executable": {executable, "executable or a library"},
		"cut early":  {sample().bytes()[:40], "ends after 40 bytes"},
		"no threads": {short.bytes(), "no registers of any thread"},
	} {
		_, err := New(bytes.NewReader(c.data), int64(len(c.data)))
		var format *FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) || format.Advice == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
}

// TestCutOff: a core that ends early is read as far as it goes, and says so.
func TestCutOff(t *testing.T) {
	whole := sample().bytes()
	b := whole[:len(whole)-0x2000]
	c := read(t, b)
	if len(c.Problems) != 1 || !strings.Contains(c.Problems[0], "8.0 KiB of 24.0 KiB of memory are missing") {
		t.Errorf("problems %q", c.Problems)
	}
	word := make([]byte, 8)
	if _, err := c.ReadAt(word, 0xc000001000); err != nil {
		t.Errorf("what is there: %v", err)
	}
	_, err := c.ReadAt(word, 0xc000002000)
	var missing *MissingError
	if !errors.As(err, &missing) || !missing.Cut {
		t.Errorf("what is not there: %v", err)
	}
}

// TestManySegments: their number stands elsewhere when it does not fit.
func TestManySegments(t *testing.T) {
	s := sample()
	b := s.bytes()
	order.PutUint16(b[56:], manyPrograms)
	order.PutUint64(b[40:], uint64(len(b)))
	section := make([]byte, sectionSize)
	order.PutUint32(section[44:], uint32(len(s.segments)+1))
	if c := read(t, append(b, section...)); len(c.segments) != len(s.segments) || len(c.Threads) != 2 {
		t.Errorf("%d segments, %d threads", len(c.segments), len(c.Threads))
	}
}

// TestBounded: a file that says it is huge costs what it holds.
func TestBounded(t *testing.T) {
	b := sample().bytes()
	order.PutUint16(b[56:], 0xfffe)
	c, err := New(&counting{r: bytes.NewReader(b)}, 1<<50)
	if err == nil {
		if _, err := io.Copy(io.Discard, io.NewSectionReader(c, 0x400000, 1<<20)); err == nil {
			t.Error("memory of a file that is not there was read")
		}
	}
}

// counting is a file whose bytes behind the end read as an end, however long it
// claims to be.
type counting struct{ r *bytes.Reader }

func (c *counting) ReadAt(p []byte, off int64) (int, error) { return c.r.ReadAt(p, off) }

// TestDamage: no damage makes it panic or hang.
func TestDamage(t *testing.T) {
	whole := sample().bytes()
	head := len(whole) - 0x6000 // headers and notes; what follows is memory
	for at := range head {
		for _, value := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			b := bytes.Clone(whole)
			b[at] = value
			use(b)
		}
	}
	for n := range head {
		use(whole[:n])
	}
}

// use reads all that a core has.
func use(b []byte) {
	c, err := New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	word := make([]byte, 8)
	for _, addr := range []uint64{0, 0x400ffc, 0x403000 - 4, 0x500000, 0x600000, 0xc000000000, 1<<64 - 4} {
		_, _ = c.ReadAt(word, int64(addr))
	}
	for _, m := range c.Mappings {
		_, _ = c.ReadAt(word, int64(m.Start))
		_, _ = c.use(&mappedFile{path: "file", r: bytes.NewReader(b)}, m.Path, false)
		_, _ = c.ReadAt(word, int64(m.End-8))
	}
	c.Executable()
	_, _, _ = c.useExecutable(&mappedFile{path: "none", r: bytes.NewReader(b)})
	b = bytes.Clone(b)
	b[16] = 3
	_, _, _ = c.useExecutable(&mappedFile{path: "none", r: bytes.NewReader(b)})
	_, _ = c.ReadAt(word, 0x400000)
}

func FuzzCore(f *testing.F) {
	f.Add(sample().bytes())
	small := &sketch{segments: []piece{{addr: 0x1000, memory: 0x20, data: []byte("memory"), flags: 6}}}
	small.thread(1, 11, 0x1000, 0x1010)
	small.files(1, Mapping{0x1010, 0x1020, 0, "/f", nil})
	f.Add(small.bytes())
	f.Fuzz(func(_ *testing.T, b []byte) { use(b) })
}

// TestUseExecutable: where it was loaded is told by where it started, also in a
// core that does not list what was mapped.
func TestUseExecutable(t *testing.T) {
	exe := func(entry uint64, machine uint16) []byte {
		s := sketch{machine: machine, segments: []piece{{addr: 0x0, memory: pageSize, data: bytes.Repeat([]byte{'x'}, 2*pageSize), flags: 5}}}
		b := s.bytes()
		order.PutUint16(b[16:], 3)
		order.PutUint64(b[24:], entry)
		order.PutUint64(b[headerSize+programSize+8:], 0) // the segment begins with the headers
		return b
	}
	whole := exe(0x1000, machineAMD64)
	path := filepath.Join(t.TempDir(), "exe")
	core := func() *Core {
		s := sketch{segments: []piece{{addr: 0x555555554000, memory: 2 * pageSize, data: whole[:pageSize], flags: 5}}}
		s.thread(1, 6, 0x555555555000, 0x7ffe00000000)
		s.auxv(9, 0x555555555000, 0, 0)
		return read(t, s.bytes())
	}
	use := func(b []byte) (uint64, bool, error) {
		if err := os.WriteFile(path, b, 0o755); err != nil {
			t.Fatal(err)
		}
		c := core()
		defer c.Close() //nolint:errcheck // it was only read
		bias, proved, err := c.UseExecutable(path)
		if err == nil {
			word := make([]byte, 4)
			if _, err := c.ReadAt(word, 0x555555555800); err != nil || string(word) != "xxxx" {
				t.Errorf("memory of the file: %q, %v", word, err)
			}
		}
		return bias, proved, err
	}
	if bias, proved, err := use(whole); err != nil || !proved || bias != 0x555555554000 {
		t.Errorf("bias %#x, proved %v, %v", bias, proved, err)
	}
	other := bytes.Clone(whole)
	other[500]++
	var mismatch *MismatchError
	if _, _, err := use(other); !errors.As(err, &mismatch) {
		t.Errorf("another build: %v", err)
	}
	if _, _, err := use(exe(0x1234, machineAMD64)); !errors.As(err, &mismatch) {
		t.Errorf("another entry: %v", err)
	}
	for want, b := range map[string][]byte{
		"it is of arm64":    exe(0x1000, 183),
		"it is not ELF":     bytes.Repeat([]byte("#!/bin/sh\n"), 20),
		"it is a core file": sample().bytes(),
	} {
		var wrong *ExecutableError
		if _, _, err := use(b); !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) || wrong.Advice == "" {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestBuildInformation tells two builds apart by their data alone.
func TestBuildInformation(t *testing.T) {
	data := func(version string) []byte {
		b := append([]byte(buildInfoMagic), 8, 2)
		b = append(b, make([]byte, 32-len(b))...)
		b = append(append(b, byte(len(version))), version...)
		return append(append(b, 4), "mods"...)
	}
	s := sketch{segments: []piece{{addr: 0x500000, memory: pageSize, data: append(data("go1.26.8"), make([]byte, 100)...), flags: 6}}}
	s.thread(1, 6, 0, 0)
	s.files(pageSize, Mapping{0x500000, 0x501000, 0, "/srv/shop", nil})
	for version, want := range map[string]bool{"go1.26.8": true, "go1.26.9": false} {
		c := read(t, s.bytes())
		b := append(data(version), bytes.Repeat([]byte{1}, 100)...) // variables change
		proved, err := c.use(&mappedFile{path: "file", r: bytes.NewReader(b)}, "/srv/shop", true)
		if proved != want || (err == nil) != want {
			t.Errorf("%s: proved %v, %v", version, proved, err)
		}
	}
}
