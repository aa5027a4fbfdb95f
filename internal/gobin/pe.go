package gobin

import (
	"debug/pe"
	"encoding/binary"
	"fmt"
)

var peMachines = map[uint16]architecture{
	pe.IMAGE_FILE_MACHINE_AMD64: {"amd64", 8},
	pe.IMAGE_FILE_MACHINE_I386:  {"386", 4},
	pe.IMAGE_FILE_MACHINE_ARM64: {"arm64", 8},
	pe.IMAGE_FILE_MACHINE_ARMNT: {"arm", 4},
}

// loadPE reads the section headers. Pointers stand in place, as for the
// preferred address.
func (m *image) loadPE() error {
	m.format, m.order = "pe", binary.LittleEndian
	b, err := m.fileBytes(0x3c, 4)
	if err != nil {
		return fmt.Errorf("%w: MZ without a PE header", ErrNotGo)
	}
	at := uint64(m.order.Uint32(b))
	h, err := m.fileBytes(at, 24)
	if err != nil || string(h[:4]) != "PE\x00\x00" {
		return fmt.Errorf("%w: MZ without a PE header", ErrNotGo)
	}
	arch, ok := peMachines[m.order.Uint16(h[4:])]
	if !ok {
		return fmt.Errorf("%w: no Go port for machine %#x", ErrNotGo, m.order.Uint16(h[4:]))
	}
	m.arch, m.ptr = arch.goarch, arch.ptr
	optional, sections := uint64(m.order.Uint16(h[20:])), uint64(m.order.Uint16(h[6:]))
	o, err := m.fileBytes(at+24, 72)
	if err != nil || optional < 72 {
		return corrupt("PE header", "optional header of %d bytes", optional)
	}
	var base uint64
	switch magic := m.order.Uint16(o); {
	case magic == 0x10b && m.ptr == 4:
		base = uint64(m.order.Uint32(o[28:]))
	case magic == 0x20b && m.ptr == 8:
		base = m.order.Uint64(o[24:])
	default:
		return corrupt("PE header", "optional header %#x on %s", magic, m.arch)
	}
	m.pie = m.order.Uint16(o[70:])&pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE != 0
	if sections > maxSegments {
		return corrupt("PE header", "%d sections", sections)
	}
	for i := uint64(0); i < sections; i++ {
		b, err := m.fileBytes(at+24+optional+40*i, 40)
		if err != nil {
			return &CorruptError{"section headers", err}
		}
		flags := m.order.Uint32(b[36:])
		if flags&pe.IMAGE_SCN_MEM_READ == 0 || flags&pe.IMAGE_SCN_MEM_DISCARDABLE != 0 {
			continue // not there when the program runs
		}
		size, stored := m.order.Uint32(b[8:]), m.order.Uint32(b[16:])
		if size > stored {
			size = stored
		}
		m.segs = append(m.segs, segment{
			addr: base + uint64(m.order.Uint32(b[12:])), size: uint64(size),
			off: uint64(m.order.Uint32(b[20:])), writable: flags&pe.IMAGE_SCN_MEM_WRITE != 0,
		})
	}
	return nil
}
