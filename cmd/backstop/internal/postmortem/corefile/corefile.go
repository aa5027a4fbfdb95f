// Package corefile reads core files of Linux on amd64: the memory of a process
// that died, the registers of its threads, the signal, and what was mapped where.
//
// Start with [Open]. A Core is an io.ReaderAt whose offsets are addresses of the
// process. Cores are sparse and may have many gigabytes: they are read in small
// blocks, a few of which are kept. Cores are hostile input: what is damaged or cut
// off gives errors where it is read, and [Core.Problems] tells of it.
//
// The kernel leaves out of a core what it can find in files again (core(5),
// /proc/PID/coredump_filter). [Core.UseFile] gives a Core such a file; it is
// compared with what the core has of it first.
//
// It does not read cores of other systems, other architectures or compressed ones
// (package packed unpacks them), and knows nothing of Go.
package corefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
)

var order = binary.LittleEndian

// A Core is an open core file. It is not safe for concurrent use.
type Core struct {
	// Threads are in the order of the file. The kernel writes the one that died
	// first (fs/binfmt_elf.c, fill_note_info).
	Threads []Thread
	Signal  Signal
	Process Process
	Auxv    Auxv
	// Mappings are what was mapped of files, by address.
	Mappings []Mapping
	// Cut says that the file ends before all that its headers speak of.
	Cut bool
	// Problems say, in words, what is wrong with the file. What they do not
	// speak of could be read.
	Problems []string

	live     io.ReaderAt // of a process, instead of a file
	cache    blocks
	size     int64 // of the file
	segments []segment
	files    []*mappedFile
	closer   io.Closer
}

// A segment is a range of addresses. The file has its first bytes, which may be
// none.
type segment struct {
	addr, memory uint64
	off, file    uint64
	flags        uint32
}

func (s *segment) end() uint64 { return s.addr + s.memory }

// What is refused. Files of one core have at most as many segments as processes
// have mappings, which vm.max_map_count bounds (65,530 unless it was raised).
const (
	maxSegments = 1 << 20
	maxNotes    = 1 << 20
)

// Open opens the core file at path. Close it after use.
func Open(path string) (*Core, error) {
	// Opening a pipe with a name waits for somebody who writes.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read core %s: %w", path, errNotRegular)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says "open NAME: why"
	}
	c, err := open(f)
	if err != nil {
		f.Close() //nolint:errcheck // it was only read
		return nil, fmt.Errorf("read core %s: %w", path, err)
	}
	c.closer = f
	return c, nil
}

// OfProcess returns what a core would be of a process that is stopped: its memory,
// whose offsets are addresses, and its threads.
func OfProcess(memory io.ReaderAt, pid int, threads []Thread) *Core {
	return &Core{live: memory, Process: Process{PID: pid}, Threads: threads}
}

func open(f *os.File) (*Core, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	return New(f, info.Size())
}

var errNotRegular = &FormatError{"it is not a regular file", "a core is read at many places: store it in a file first, or give it as standard input (-)"}

// New reads the core in r, which has size bytes and must stay readable while the
// Core is in use. The error is a FormatError or what r returned.
func New(r io.ReaderAt, size int64) (*Core, error) {
	c := &Core{size: size, cache: blocks{r: r}}
	if err := c.header(); err != nil {
		return nil, err
	}
	if len(c.Threads) == 0 && c.Cut {
		return nil, &FormatError{"it was cut off before the registers of any thread, so that nothing is left to tell why the process ended", "look for RLIMIT_CORE (ulimit -c), a full disk, a copy that was interrupted"}
	}
	if len(c.Threads) == 0 {
		return nil, &FormatError{"it has no registers of any thread", "cores that Linux writes have them: look at it with readelf --notes"}
	}
	return c, nil
}

// Close closes what Open and UseFile opened.
func (c *Core) Close() error {
	for _, f := range c.files {
		f.close()
	}
	if c.closer == nil {
		return nil
	}
	return c.closer.Close() //nolint:wrapcheck // it names the file
}

func (c *Core) problem(format string, args ...any) {
	const enough = 32
	if len(c.Problems) < enough {
		c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
	}
}

// Sizes and places of the ELF structures (elf.h, Elf64_Ehdr, Elf64_Phdr).
const (
	headerSize  = 64
	programSize = 56
	sectionSize = 64

	machineAMD64 = 62
	typeCore     = 4
	programLoad  = 1
	programNote  = 4
	// manyPrograms stands where the number of program headers does not fit; the
	// first section header has it (PN_XNUM in elf(5)).
	manyPrograms = 0xffff
)

func (c *Core) header() error {
	head := make([]byte, headerSize)
	n, err := c.cache.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read header: %w", err)
	}
	if err := checkHeader(head[:n]); err != nil {
		return err
	}
	table, count := order.Uint64(head[32:]), uint64(order.Uint16(head[56:]))
	if width := order.Uint16(head[54:]); width != programSize {
		return &FormatError{fmt.Sprintf("its program headers have %d bytes each", width), damagedHint}
	}
	if count == manyPrograms {
		section := make([]byte, sectionSize)
		if err := c.at(section, order.Uint64(head[40:])); err != nil {
			return fmt.Errorf("read the number of segments: %w", err)
		}
		count = uint64(order.Uint32(section[44:]))
	}
	if count > maxSegments {
		return &FormatError{fmt.Sprintf("it says that it has %d segments", count), damagedHint}
	}
	return c.programs(table, count)
}

// programs reads the program headers, and the notes they point to.
func (c *Core) programs(table, count uint64) error {
	var notes []segment
	b := make([]byte, programSize)
	for i := range count {
		if err := c.at(b, table+i*programSize); err != nil {
			c.Cut = true
			c.problem("the file ends within its list of segments: %d of %d were read", i, count)
			break
		}
		s := segment{
			addr: order.Uint64(b[16:]), memory: order.Uint64(b[40:]), flags: order.Uint32(b[4:]),
			off: order.Uint64(b[8:]), file: order.Uint64(b[32:]),
		}
		switch order.Uint32(b) {
		case programLoad:
			if s.memory == 0 && s.file == 0 {
				continue
			}
			if s.memory < s.file {
				s.memory = s.file
			}
			if s.end() < s.addr || s.off+s.file < s.off {
				c.problem("the segment at %#x wraps around", s.addr)
				continue
			}
			c.segments = append(c.segments, s)
		case programNote:
			notes = append(notes, s)
		}
	}
	sort.SliceStable(c.segments, func(i, j int) bool { return c.segments[i].addr < c.segments[j].addr })
	c.separate()
	c.complete()
	for _, s := range notes {
		c.notes(s.off, s.file)
	}
	return nil
}

// separate shortens segments that reach into the next one.
func (c *Core) separate() {
	for i := 1; i < len(c.segments); i++ {
		s, next := &c.segments[i-1], &c.segments[i]
		if s.end() > next.addr {
			c.problem("the segments at %#x and %#x overlap", s.addr, next.addr)
			s.memory = next.addr - s.addr
			s.file = min(s.file, s.memory)
		}
	}
}

// complete says how much of the memory is missing because the file ends early.
func (c *Core) complete() {
	var want, missing uint64
	for _, s := range c.segments {
		want += s.file
		if end := s.off + s.file; end > uint64(c.size) {
			missing += min(end-uint64(c.size), s.file)
		}
	}
	if missing > 0 {
		c.Cut = true
		c.problem("the file was cut off: %s of %s of memory are missing (RLIMIT_CORE, a full disk, a copy that was interrupted)", bytesText(missing), bytesText(want))
	}
}

func bytesText(n uint64) string {
	const unit = 1024
	switch {
	case n >= unit*unit*unit:
		return fmt.Sprintf("%.1f GiB", float64(n)/unit/unit/unit)
	case n >= unit*unit:
		return fmt.Sprintf("%.1f MiB", float64(n)/unit/unit)
	case n >= unit:
		return fmt.Sprintf("%.1f KiB", float64(n)/unit)
	}
	return fmt.Sprintf("%d B", n)
}

// at fills b from an offset of the file.
func (c *Core) at(b []byte, off uint64) error {
	if off > uint64(c.size) || uint64(len(b)) > uint64(c.size)-off {
		return fmt.Errorf("%w: %d bytes at offset %#x of a file of %d", io.ErrUnexpectedEOF, len(b), off, c.size)
	}
	_, err := c.cache.ReadAt(b, int64(off))
	return err
}
