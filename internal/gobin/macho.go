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
		}
		at += size
	}
	return nil
}

func (m *image) machoSegment(addr, size, off, stored uint64, prot, flags uint32) {
	if size > stored {
		size = stored // the rest is zero
	}
	s := segment{addr: addr, size: size, off: off, writable: prot&machoWrite != 0}
	s.loader = s.writable && flags&machoReadOnly != 0
	m.segs = append(m.segs, s)
}
