package gobin

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Magic numbers of the table header (internal/abi/symtab.go, PCLnTabMagic).
const (
	magic116 = 0xfffffffa // Go 1.16, 1.17
	magic118 = 0xfffffff0 // Go 1.18, 1.19
	magic120 = 0xfffffff1 // Go 1.20 to 1.27
)

// A region is a table: where it begins and how long it is.
type region struct{ addr, size uint64 }

func (r region) end() uint64 { return r.addr + r.size }

// A module is what matters of runtime.moduledata (runtime/symtab.go), the
// linker's description of one executable.
type module struct {
	at      uint64 // its address
	header  uint64 // address of the table header
	magic   uint32
	quantum uint64 // smallest size of an instruction
	nfunc   uint64

	names, units, files, pcs, funcs region // funcnametab, cutab, filetab, pctab, pclntable
	text, etext                     uint64
	minpc, maxpc                    uint64
	gofunc                          uint64 // what offsets of function data are relative to; 0 before Go 1.18
	sections                        []textSection
	types                           region // what offsets of types and names are relative to
	typedesc                        uint64 // bytes of types one behind the other; from Go 1.27 on
	typelinks                       region // offsets of types; before Go 1.27
}

// A textSection is a piece of text that was moved when the program was linked
// for good. There are several only where a jump cannot reach across all of it.
type textSection struct{ start, end, base uint64 }

// A layout says at which word of moduledata a field stands. The words before
// textsectmap, up to etext, are the same in all releases.
type layout struct {
	since, until           int // minor releases
	types, rodata          int // types is followed by etypes in some releases
	etypes                 int
	gofunc, epclntab, sect int // -1 for what a release does not have
	typedesc               int // -1 where typelinks follow sect
}

// of says whether a minor release has the layout.
func (l layout) of(release int) bool { return l.since <= release && release <= l.until }

const (
	wordText  = 22
	wordEtext = 23
	words     = 48 // enough for every layout
)

// layouts are those of runtime/symtab.go of each release; TestReleases checks
// them against executables of each toolchain. The newest comes first.
var layouts = []layout{
	{since: 27, until: 27, types: 37, etypes: 39, rodata: 42, gofunc: 43, epclntab: 44, sect: 45, typedesc: 38},
	{since: 26, until: 26, types: 37, etypes: 38, rodata: 39, gofunc: 40, epclntab: 41, sect: 42, typedesc: -1},
	{since: 20, until: 25, types: 37, etypes: 38, rodata: 39, gofunc: 40, epclntab: -1, sect: 41, typedesc: -1},
	{since: 18, until: 19, types: 35, etypes: 36, rodata: 37, gofunc: 38, epclntab: -1, sect: 39, typedesc: -1},
	{since: 16, until: 17, types: 35, etypes: 36, rodata: -1, gofunc: -1, epclntab: -1, sect: 37, typedesc: -1},
}

const (
	scanChunk   = 1 << 20
	scanOverlap = 32 // two words, or the header of the build information
	// maxScan bounds the search of an executable with gigabytes of data. The
	// linker puts what is looked for before large variables.
	maxScan  = 256 << 20
	maxTries = 1024 // of what looks like moduledata
	// Offsets in tables are of 32 bits. The largest executables known have
	// tables of some hundred megabytes for about a million functions.
	maxTableSize = 1 << 30
	maxFuncs     = 4 << 20
)

// found is what a search of the data segments came upon.
type found struct {
	module       *module
	head         []uint64 // the words of its moduledata
	version      string
	modules      string
	hasInfo      bool
	unknownMagic uint32
	tries        int
	endErr       error // the file is shorter than its headers say
}

// find looks for moduledata, which nothing points to in a stripped executable,
// and for the build information. Moduledata is known by its shape: its first
// two words point to the table header and just behind it.
func (m *image) find() (*found, error) {
	f := &found{}
	fixups, err := m.fix.all()
	if err != nil {
		return nil, err
	}
	if len(fixups) > 0 && !f.among(m, fixups) {
		f.among(m, m.fix.inOrder())
	}
	left := uint64(maxScan)
	buf := make([]byte, scanChunk+scanOverlap)
	for i := range m.segs {
		s := &m.segs[i]
		if !s.writable {
			continue
		}
		for off := uint64(0); off < s.size && left > 0 && (f.module == nil || !f.hasInfo); off += scanChunk {
			n := min(uint64(len(buf)), s.size-off)
			got, err := m.r.ReadAt(buf[:n], int64(s.off+off))
			if err != nil && err != io.EOF {
				return nil, fmt.Errorf("read executable: %w", err)
			}
			f.scan(m, buf[:got], s.addr+off)
			if uint64(got) < n {
				f.endErr = corrupt("executable", "it ends within the segment at %#x", s.addr)
				break
			}
			left -= min(left, n)
		}
	}
	return f, nil
}

// among searches pointers that do not stand in place.
func (f *found) among(m *image, fixups []fixup) bool {
	for i := 1; i < len(fixups); i++ {
		a, b := fixups[i-1], fixups[i]
		if b.addr-a.addr == m.ptr && m.headerSize(b.value-a.value) && f.try(m, a.addr, a.value) {
			return true
		}
	}
	return false
}

// headerSize says whether a table header, with the padding behind it, may be n
// bytes long. Before Go 1.18 it has a word less.
func (m *image) headerSize(n uint64) bool { return 8+7*m.ptr <= n && n <= 128 }

// scan searches a piece of a segment, which stands at addr.
func (f *found) scan(m *image, piece []byte, addr uint64) {
	if !f.hasInfo {
		if i := buildInfoIn(piece, addr); i >= 0 {
			var err error
			f.version, f.modules, err = m.readBuildInfo(addr + uint64(i))
			f.hasInfo = err == nil
		}
	}
	start := -addr & (m.ptr - 1)
	if f.module != nil || uint64(len(piece)) < start+2*m.ptr {
		return
	}
	before := m.word(piece[start:])
	for i := start + m.ptr; i+m.ptr <= uint64(len(piece)); i += m.ptr {
		word := m.word(piece[i:])
		if m.headerSize(word-before) && f.try(m, addr+i-m.ptr, before) {
			return
		}
		before = word
	}
}

// try reads the moduledata that may stand at addr, where there is a pointer to
// what may be a table header. Most are not and are given up at once.
func (f *found) try(m *image, addr, pointer uint64) bool {
	header, err := m.bytes(pointer, 8+8*m.ptr)
	if err != nil || header[4] != 0 || header[5] != 0 || uint64(header[7]) != m.ptr {
		return false
	}
	magic := m.order.Uint32(header)
	if magic>>8 != 0xffffff {
		return false
	}
	if f.tries++; f.tries > maxTries {
		return false
	}
	head, err := m.pointers(addr, words)
	if err != nil || head[0] != pointer {
		return false
	}
	md, known := m.verify(header, head)
	if !known {
		f.unknownMagic = magic
	}
	if md == nil {
		return false
	}
	md.at = addr
	f.module, f.head = md, head
	return true
}

// verify checks everything that the first words of moduledata and the table
// header say about each other. known says whether the header's release is.
func (m *image) verify(header []byte, head []uint64) (md *module, known bool) {
	md = &module{header: head[0], magic: m.order.Uint32(header), quantum: uint64(header[6])}
	offsets := header[8+3*m.ptr:] // behind nfunc, nfiles, textStart
	switch md.magic {
	case magic120, magic118:
	case magic116:
		offsets = header[8+2*m.ptr:]
	default:
		return nil, false
	}
	if md.quantum != 1 && md.quantum != 2 && md.quantum != 4 {
		return nil, true
	}
	md.nfunc = m.word(header[8:])
	entry := uint64(8)
	if md.magic == magic116 {
		entry = 2 * m.ptr
	}
	tables := []struct {
		at    int
		to    *region
		width uint64
	}{{1, &md.names, 1}, {4, &md.units, 4}, {7, &md.files, 1}, {10, &md.pcs, 1}, {13, &md.funcs, 1}}
	for i, t := range tables {
		addr, n := head[t.at], head[t.at+1]
		if addr != head[0]+m.word(offsets[uint64(i)*m.ptr:]) || n != head[t.at+2] || n > maxTableSize || !m.holds(addr, n*t.width) {
			return nil, true
		}
		*t.to = region{addr, n * t.width}
	}
	// The function table is an entry for each function and one for their end.
	if head[16] != md.funcs.addr || head[17] != md.nfunc+1 || head[18] != md.nfunc+1 ||
		md.nfunc == 0 || md.nfunc > md.funcs.size/entry || md.nfunc > maxFuncs {
		return nil, true
	}
	md.text, md.etext, md.minpc, md.maxpc = head[wordText], head[wordEtext], head[20], head[21]
	if md.text > md.minpc || md.minpc >= md.maxpc || md.maxpc > md.etext {
		return nil, true
	}
	return md, true
}

// finish reads the fields whose place depends on the release.
func (f *found) finish(m *image) (*tables, error) {
	release := minor(f.version)
	t := &tables{image: m, module: *f.module, release: release, oldMaps: strings.Contains(f.version, "noswissmap")}
	known := slices.ContainsFunc(layouts, func(l layout) bool { return l.of(release) })
	reason := errors.New("its release is not stated")
	for _, l := range layouts {
		if known && !l.of(release) {
			continue
		}
		err := t.apply(l, f.head)
		if err == nil {
			err = t.prove(!known)
		}
		if err == nil {
			return t, nil
		}
		reason = err
	}
	if known {
		return nil, &CorruptError{"moduledata", reason}
	}
	return nil, &UnknownReleaseError{f.version, reason.Error()}
}

// apply checks that a layout fits and takes the fields from it.
func (t *tables) apply(l layout, head []uint64) error {
	if (l.gofunc < 0) != (t.magic == magic116) {
		return fmt.Errorf("table header %#x does not belong to Go 1.%d", t.magic, l.since)
	}
	if types, etypes := head[l.types], head[l.etypes]; types >= etypes || !t.holds(types, etypes-types) {
		return fmt.Errorf("types from %#x to %#x", types, etypes)
	}
	if l.rodata >= 0 && !t.holds(head[l.rodata], 1) {
		return fmt.Errorf("read-only data at %#x", head[l.rodata])
	}
	if l.epclntab >= 0 && (head[l.epclntab] < t.funcs.end() || !t.holds(head[0], head[l.epclntab]-head[0])) {
		return fmt.Errorf("end of tables at %#x", head[l.epclntab])
	}
	gofunc := uint64(0)
	if l.gofunc >= 0 {
		if gofunc = head[l.gofunc]; !t.holds(gofunc, 1) {
			return fmt.Errorf("function data at %#x", gofunc)
		}
	}
	sections, err := t.textSections(head[l.sect:], l)
	if err != nil {
		return err
	}
	t.gofunc, t.sections = gofunc, sections
	t.types = region{head[l.types], head[l.etypes] - head[l.types]}
	if l.typedesc >= 0 {
		t.typedesc = head[l.typedesc]
	} else {
		t.typelinks = region{head[l.sect+3], 4 * head[l.sect+4]}
	}
	return nil
}

// textSections reads textsectmap, a slice of three words each.
func (t *tables) textSections(slice []uint64, l layout) ([]textSection, error) {
	addr, n := slice[0], slice[1]
	if n == 0 || n != slice[2] || n > 1024 {
		return nil, fmt.Errorf("%d text sections", n)
	}
	all, err := t.pointers(addr, 3*int(n))
	if err != nil {
		return nil, err
	}
	sections := make([]textSection, n)
	for i := range sections {
		w := all[3*i : 3*i+3]
		if l.until < 18 {
			w[1] += w[0] // a length before Go 1.18
		}
		if w[1] < w[0] || w[2] < t.text || w[2] > t.etext || i == 0 && w[2] != t.text {
			return nil, fmt.Errorf("text section at %#x", w[2])
		}
		sections[i] = textSection{w[0], w[1], w[2]}
	}
	return sections, nil
}
