package corefile

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// A sketch is a core that a test makes up.
type sketch struct {
	segments []piece
	notes    []byte
	machine  uint16
}

type piece struct {
	addr, memory uint64
	data         []byte
	flags        uint32
}

func (s *sketch) note(kind uint32, desc []byte) {
	s.notes = binary.LittleEndian.AppendUint32(s.notes, 5)
	s.notes = binary.LittleEndian.AppendUint32(s.notes, uint32(len(desc)))
	s.notes = binary.LittleEndian.AppendUint32(s.notes, kind)
	s.notes = append(s.notes, "CORE\x00\x00\x00\x00"...)
	s.notes = append(s.notes, desc...)
	for len(s.notes)%4 != 0 {
		s.notes = append(s.notes, 0)
	}
}

func (s *sketch) thread(tid, signal int, rip, rsp uint64) {
	b := make([]byte, statusSize)
	order.PutUint16(b[12:], uint16(signal))
	order.PutUint32(b[32:], uint32(tid))
	order.PutUint64(b[112+8*16:], rip)
	order.PutUint64(b[112+8*19:], rsp)
	s.note(noteStatus, b)
}

func (s *sketch) files(page uint64, all ...Mapping) {
	b := order.AppendUint64(nil, uint64(len(all)))
	b = order.AppendUint64(b, page)
	var names []byte
	for _, m := range all {
		b = order.AppendUint64(b, m.Start)
		b = order.AppendUint64(b, m.End)
		b = order.AppendUint64(b, m.Offset/page)
		names = append(append(names, m.Path...), 0)
	}
	s.note(noteFile, append(b, names...))
}

func (s *sketch) auxv(pairs ...uint64) {
	var b []byte
	for _, p := range pairs {
		b = order.AppendUint64(b, p)
	}
	s.note(noteAuxv, b)
}

// bytes lays the file out as the kernel does: headers, notes, memory.
func (s *sketch) bytes() []byte {
	if s.machine == 0 {
		s.machine = machineAMD64
	}
	head := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, headerSize-7)...)
	order.PutUint16(head[16:], typeCore)
	order.PutUint16(head[18:], s.machine)
	order.PutUint64(head[32:], headerSize)
	order.PutUint16(head[54:], programSize)
	order.PutUint16(head[56:], uint16(len(s.segments)+1))
	off := uint64(headerSize + programSize*(len(s.segments)+1))
	program := func(kind, flags uint32, addr, file, memory uint64) {
		b := make([]byte, programSize)
		order.PutUint32(b, kind)
		order.PutUint32(b[4:], flags)
		order.PutUint64(b[8:], off)
		order.PutUint64(b[16:], addr)
		order.PutUint64(b[32:], file)
		order.PutUint64(b[40:], memory)
		head = append(head, b...)
		off += file
	}
	body := bytes.Clone(s.notes)
	program(programNote, 0, 0, uint64(len(s.notes)), 0)
	for _, p := range s.segments {
		program(programLoad, p.flags, p.addr, uint64(len(p.data)), p.memory)
		body = append(body, p.data...)
	}
	return append(head, body...)
}

// sample has something of everything.
func sample() *sketch {
	s := &sketch{segments: []piece{
		{addr: 0x400000, memory: 0x3000, data: bytes.Repeat([]byte{'h'}, pageSize), flags: 5},
		{addr: 0x500000, memory: 0x2000, data: bytes.Repeat([]byte{'d'}, 0x1000), flags: 6},
		{addr: 0x600000, memory: 0x1000},
		{addr: 0xc000000000, memory: 0x4000, data: bytes.Repeat([]byte{'s'}, 0x4000), flags: 6},
	}}
	s.thread(11, 6, 0x401234, 0xc000000800)
	b := make([]byte, processSize)
	order.PutUint32(b[16:], 1000)
	order.PutUint32(b[24:], 11)
	copy(b[40:], "shop")
	copy(b[56:], "./shop -key secret ")
	s.note(noteProcess, b)
	b = make([]byte, signalSize)
	order.PutUint32(b, 11)
	order.PutUint32(b[8:], 1)
	order.PutUint64(b[16:], 0xdead)
	s.note(noteSignal, b)
	s.auxv(3, 0x400040, 9, 0x401000, 7, 0x7f0000000000, 0, 0)
	s.files(pageSize, Mapping{0x400000, 0x403000, 0, "/srv/shop", nil}, Mapping{0x500000, 0x501000, 0x3000, "/srv/shop", nil})
	s.thread(12, 0, 0x401300, 0xc000001800)
	return s
}

func read(t testing.TB, b []byte) *Core {
	t.Helper()
	c, err := New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
