package gobin

import (
	"debug/macho"
	"encoding/binary"
	"fmt"
)

var machoCPUs = map[macho.Cpu]architecture{
	macho.CpuAmd64: {"amd64", 8},
	macho.Cpu386:   {"386", 4},
	macho.CpuArm64: {"arm64", 8},
	macho.CpuArm:   {"arm", 4},
}

const (
	machoWrite     = 2    // VM_PROT_WRITE
	machoReadOnly  = 0x10 // SG_READ_ONLY: __DATA_CONST, written by the loader only
	machoExecute   = 2    // MH_EXECUTE
	machoDylib     = 6    // MH_DYLIB
	machoBundle    = 8    // MH_BUNDLE
	machoChained   = 0x80000034
	maxLoadCommand = 1 << 16
)

// loadMacho reads the segment commands.
func (m *image) loadMacho(magic uint32) error {
	m.format, m.order = "macho", binary.ByteOrder(binary.LittleEndian)
	header := uint64(28)
	if magic == 0xfeedface || magic == 0xfeedfacf {
		m.order = binary.BigEndian
	}
	if magic == 0xfeedfacf || magic == 0xcffaedfe {
		header = 32
	}
	h, err := m.fileBytes(0, header)
	if err != nil {
		return &CorruptError{"Mach-O header", err}
	}
	arch, ok := machoCPUs[macho.Cpu(m.order.Uint32(h[4:]))]
	if !ok {
		return fmt.Errorf("%w: no Go port for CPU %#x", ErrNotGo, m.order.Uint32(h[4:]))
	}
	m.arch, m.ptr = arch.goarch, arch.ptr
	if (header == 32) != (m.ptr == 8) {
		return corrupt("Mach-O header", "header of %d bytes on %s", header, m.arch)
	}
	switch typ := m.order.Uint32(h[12:]); typ {
	case machoExecute, machoDylib, machoBundle:
	default:
		return fmt.Errorf("%w: Mach-O file of type %d", ErrNotGo, typ)
	}
	flags := m.order.Uint32(h[24:])
	m.pie = flags&macho.FlagPIE != 0 || m.order.Uint32(h[12:]) != machoExecute
	n := m.order.Uint32(h[16:])
	if n > maxSegments {
		return corrupt("Mach-O header", "%d load commands", n)
	}
	if err := m.machoCommands(header, n); err != nil {
		return &CorruptError{"load commands", err}
	}
	return nil
}

func (m *image) machoCommands(at uint64, n uint32) error {
	for ; n > 0; n-- {
		b, err := m.fileBytes(at, 8)
		if err != nil {
			return err
		}
		cmd, size := macho.LoadCmd(m.order.Uint32(b)), uint64(m.order.Uint32(b[4:]))
		if size < 8 || size > maxLoadCommand {
			return fmt.Errorf("one of %d bytes", size)
		}
		if b, err = m.fileBytes(at, size); err != nil {
			return err
		}
		switch {
		case cmd == macho.LoadCmdSegment && size >= 56:
			w := func(i int) uint64 { return uint64(m.order.Uint32(b[i:])) }
			m.machoSegment(w(24), w(28), w(32), w(36), m.order.Uint32(b[44:]), m.order.Uint32(b[52:]))
		case cmd == macho.LoadCmdSegment64 && size >= 72:
			w := func(i int) uint64 { return m.order.Uint64(b[i:]) }
			m.machoSegment(w(24), w(32), w(40), w(48), m.order.Uint32(b[60:]), m.order.Uint32(b[68:]))
		case cmd == machoChained && size >= 16:
			off := uint64(m.order.Uint32(b[8:]))
			m.fix.read = func(add func(addr, value uint64)) error { return m.machoFixups(off, add) }
		}
		at += size
	}
	return nil
}

func (m *image) machoSegment(addr, size, off, stored uint64, prot, flags uint32) {
	if off == 0 && stored > 0 {
		m.base = addr // where the header of the executable is
	}
	if size > stored {
		size = stored // the rest is zero
	}
	s := segment{addr: addr, size: size, off: off, writable: prot&machoWrite != 0}
	s.loader = s.writable && flags&machoReadOnly != 0
	m.segs = append(m.segs, s)
}

// Formats of the pointers in a chain (<mach-o/fixup-chains.h>,
// dyld_chained_ptr_64_rebase and DYLD_CHAINED_PTR_64_OFFSET).
const (
	chainedAddress = 2
	chainedOffset  = 6
	chainedNone    = 0xffff // of a page
	chainedBind    = 1 << 63
)

// machoFixups walks the chains that newer linkers make: each pointer holds,
// besides its target, the distance to the next one of its page.
func (m *image) machoFixups(off uint64, add func(addr, value uint64)) error {
	h, err := m.fileBytes(off, 8)
	if err != nil {
		return err
	}
	starts := off + uint64(m.order.Uint32(h[4:]))
	b, err := m.fileBytes(starts, 4)
	if err != nil {
		return err
	}
	n := uint64(m.order.Uint32(b))
	if n > maxSegments {
		return fmt.Errorf("chains of %d segments", n)
	}
	left := maxFixups
	for i := uint64(0); i < n; i++ {
		if b, err = m.fileBytes(starts+4+4*i, 4); err != nil {
			return err
		}
		if at := uint64(m.order.Uint32(b)); at != 0 {
			if err := m.machoChains(starts+at, &left, add); err != nil {
				return err
			}
		}
	}
	return nil
}

// machoChains walks the chains of one segment (dyld_chained_starts_in_segment).
func (m *image) machoChains(at uint64, left *int, add func(addr, value uint64)) error {
	b, err := m.fileBytes(at, 22)
	if err != nil {
		return err
	}
	size, format := uint64(m.order.Uint16(b[4:])), m.order.Uint16(b[6:])
	offset, pages := m.order.Uint64(b[8:]), uint64(m.order.Uint16(b[20:]))
	if format != chainedAddress && format != chainedOffset {
		return fmt.Errorf("chained pointers of format %d", format)
	}
	for page := uint64(0); page < pages; page++ {
		if b, err = m.fileBytes(at+22+2*page, 2); err != nil {
			return err
		}
		next := uint64(m.order.Uint16(b))
		if *left--; *left < 0 {
			return fmt.Errorf("more than %d of them", maxFixups)
		}
		if next == chainedNone {
			continue
		}
		for addr := m.base + offset + page*size + next; ; addr += next {
			if b, err = m.bytes(addr, 8); err != nil {
				return err
			}
			v := m.order.Uint64(b)
			if v&chainedBind == 0 {
				target := v & (1<<36 - 1) // and the top byte, which Go does not use
				if format == chainedOffset {
					target += m.base
				}
				add(addr, target)
			}
			if *left--; *left < 0 {
				return fmt.Errorf("more than %d of them", maxFixups)
			}
			if next = (v >> 51 & 0xfff) * 4; next == 0 {
				break
			}
		}
	}
	return nil
}
