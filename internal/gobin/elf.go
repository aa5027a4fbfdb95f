package gobin

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// relative is the type of the relocation that adds the load address, and
// nothing else, for each machine.
var elfMachines = map[elf.Machine]struct {
	goarch32, goarch64 string
	relative           uint32
}{
	elf.EM_386:       {"386", "", uint32(elf.R_386_RELATIVE)},
	elf.EM_X86_64:    {"", "amd64", uint32(elf.R_X86_64_RELATIVE)},
	elf.EM_ARM:       {"arm", "", uint32(elf.R_ARM_RELATIVE)},
	elf.EM_AARCH64:   {"", "arm64", uint32(elf.R_AARCH64_RELATIVE)},
	elf.EM_PPC64:     {"", "ppc64", uint32(elf.R_PPC64_RELATIVE)},
	elf.EM_S390:      {"", "s390x", uint32(elf.R_390_RELATIVE)},
	elf.EM_RISCV:     {"", "riscv64", uint32(elf.R_RISCV_RELATIVE)},
	elf.EM_LOONGARCH: {"", "loong64", uint32(elf.R_LARCH_RELATIVE)},
	elf.EM_MIPS:      {"mips", "mips64", 0},
}

// loadELF reads the program headers, which is what the loader does: sections
// may be missing.
func (m *image) loadELF(ident []byte) error {
	m.format = "elf"
	class := elf.Class(ident[elf.EI_CLASS])
	switch elf.Data(ident[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		m.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		m.order = binary.BigEndian
	default:
		return fmt.Errorf("%w: ELF of unknown byte order", ErrNotGo)
	}
	var phoff uint64
	var counts []byte // e_phentsize, e_phnum
	size := uint64(52)
	if class == elf.ELFCLASS64 {
		size = 64
	}
	h, err := m.fileBytes(0, size)
	if err != nil {
		return &CorruptError{"ELF header", err}
	}
	switch class {
	case elf.ELFCLASS32:
		m.ptr, phoff, counts = 4, uint64(m.order.Uint32(h[28:])), h[42:]
	case elf.ELFCLASS64:
		m.ptr, phoff, counts = 8, m.order.Uint64(h[32:]), h[54:]
	default:
		return fmt.Errorf("%w: ELF of unknown class", ErrNotGo)
	}
	typ, machine := elf.Type(m.order.Uint16(h[16:])), elf.Machine(m.order.Uint16(h[18:]))
	if typ != elf.ET_EXEC && typ != elf.ET_DYN {
		return fmt.Errorf("%w: ELF file of type %v", ErrNotGo, typ)
	}
	m.pie = typ == elf.ET_DYN
	if m.arch = m.elfArch(machine); m.arch == "" {
		return fmt.Errorf("%w: no Go port for %v", ErrNotGo, machine)
	}
	dynamic, err := m.elfSegments(phoff, uint64(m.order.Uint16(counts)), uint64(m.order.Uint16(counts[2:])))
	if err != nil {
		return &CorruptError{"program headers", err}
	}
	if m.pie && dynamic.size > 0 {
		relative := elfMachines[machine].relative
		m.fix.read = func(add func(addr, value uint64)) error { return m.elfRelocations(dynamic, relative, add) }
	}
	return nil
}

func (m *image) elfArch(machine elf.Machine) string {
	row := elfMachines[machine]
	name := row.goarch64
	if m.ptr == 4 {
		name = row.goarch32
	}
	if little := m.order == binary.ByteOrder(binary.LittleEndian); little && name != "" {
		switch machine {
		case elf.EM_PPC64, elf.EM_MIPS:
			name += "le"
		}
	}
	return name
}

// elfSegments reads the loadable segments and returns where the dynamic
// section stands in the file.
func (m *image) elfSegments(phoff, size, n uint64) (dynamic segment, err error) {
	least := uint64(32)
	if m.ptr == 8 {
		least = 56
	}
	if size < least || n > maxSegments {
		return dynamic, fmt.Errorf("%d of %d bytes", n, size)
	}
	for i := uint64(0); i < n; i++ {
		b, err := m.fileBytes(phoff+i*size, least)
		if err != nil {
			return dynamic, err
		}
		s, typ, flags := m.elfSegment(b)
		switch typ {
		case elf.PT_LOAD:
			s.writable = flags&elf.PF_W != 0
			m.segs = append(m.segs, s)
		case elf.PT_DYNAMIC:
			dynamic = s
		case elf.PT_GNU_RELRO:
			m.relro = region{s.addr, s.size}
		}
	}
	for i := range m.segs {
		if s := &m.segs[i]; s.writable && m.relro.size > 0 && m.relro.addr <= s.addr && s.end() <= m.relro.end() {
			s.loader = true
		}
	}
	return dynamic, nil
}

func (m *image) elfSegment(b []byte) (s segment, typ elf.ProgType, flags elf.ProgFlag) {
	typ = elf.ProgType(m.order.Uint32(b))
	if m.ptr == 4 {
		s = segment{addr: uint64(m.order.Uint32(b[8:])), size: uint64(m.order.Uint32(b[16:])), off: uint64(m.order.Uint32(b[4:]))}
		return s, typ, elf.ProgFlag(m.order.Uint32(b[24:]))
	}
	s = segment{addr: m.order.Uint64(b[16:]), size: m.order.Uint64(b[32:]), off: m.order.Uint64(b[8:])}
	return s, typ, elf.ProgFlag(m.order.Uint32(b[4:]))
}

// elfRela returns where the dynamic section says that the RELA table is.
func (m *image) elfRela(dynamic segment) (table, size uint64, err error) {
	for off := uint64(0); off+2*m.ptr <= dynamic.size && off < 1<<16; off += 2 * m.ptr {
		b, err := m.fileBytes(dynamic.off+off, 2*m.ptr)
		if err != nil {
			return 0, 0, err
		}
		switch value := m.word(b[m.ptr:]); elf.DynTag(m.word(b)) {
		case elf.DT_NULL:
			return table, size, nil
		case elf.DT_RELA:
			table = value
		case elf.DT_RELASZ:
			size = value
		}
	}
	return table, size, nil
}
