//go:build amd64

package coretest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const pageSize = 4096

// Types of notes (elf.h), sizes of what they hold, and places in that
// (linux/elfcore.h).
const (
	noteStatus, statusSize   = 1, 336
	noteProcess, processSize = 3, 136
	noteAuxv                 = 6
	noteSignal, signalSize   = 0x53494749, 128
	noteFile                 = 0x46494c45
)

var order = binary.LittleEndian

// A writer collects what a core says of a process that stands still.
type writer struct {
	pid     int
	threads [][]byte
	info    []byte // siginfo_t
	auxv    []byte
	spans   []span
}

// A span of addresses, as /proc/PID/smaps lists it.
type span struct {
	start, end, offset uint64
	read, write        bool
	changed            bool // by the process, or the dynamic loader
	path               string
}

func newWriter(pid int) (*writer, error) {
	w := &writer{pid: pid}
	var err error
	if w.auxv, err = os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid)); err != nil {
		return nil, fmt.Errorf("read auxiliary vector: %w", err)
	}
	w.spans, err = spansOf(pid)
	return w, err
}

// thread adds a thread: a core has them in this order.
func (w *writer) thread(tid int, regs *unix.PtraceRegs) {
	b := make([]byte, statusSize)
	order.PutUint32(b[32:], uint32(tid))
	copy(b[112:], unsafe.Slice((*byte)(unsafe.Pointer(regs)), unsafe.Sizeof(*regs)))
	w.threads = append(w.threads, b)
}

// signal says what ends the process: siginfo_t of the first thread.
func (w *writer) signal(info []byte) {
	w.info = info
	copy(w.threads[0][12:14], info[:2])
}

// signalInfo is the siginfo_t of a thread that stopped because of a signal.
func signalInfo(tid int) ([]byte, error) {
	info := make([]byte, signalSize)
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(tid), 0, uintptr(unsafe.Pointer(&info[0])), 0, 0); errno != 0 {
		return nil, fmt.Errorf("read signal of thread %d: %w", tid, errno)
	}
	return info, nil
}

func spansOf(pid int) ([]span, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		return nil, fmt.Errorf("read mappings: %w", err)
	}
	defer f.Close()
	var all []span
	listed := false // what the lines are about
	for in := bufio.NewScanner(f); in.Scan(); {
		var s span
		var rights, device string
		var inode int
		if anonymous, ok := strings.CutPrefix(in.Text(), "Anonymous:"); ok && listed {
			all[len(all)-1].changed = strings.TrimSpace(anonymous) != "0 kB"
		}
		n, _ := fmt.Sscanf(in.Text(), "%x-%x %s %x %s %d", &s.start, &s.end, &rights, &s.offset, &device, &inode)
		if n < 6 {
			continue
		}
		if listed = !strings.Contains(in.Text(), "[vvar") && !strings.HasSuffix(in.Text(), "[vsyscall]"); !listed {
			continue
		}
		if i := strings.IndexByte(in.Text(), '/'); inode != 0 && i > 0 {
			s.path = in.Text()[i:]
		}
		s.read, s.write = rights[0] == 'r', rights[1] == 'w'
		all = append(all, s)
	}
	return all, nil
}

// notes are in the order of the kernel's (fs/binfmt_elf.c, write_note_info).
func (w *writer) notes() []byte {
	var notes []byte
	note := func(kind uint32, desc []byte) {
		notes = order.AppendUint32(notes, 5)
		notes = order.AppendUint32(notes, uint32(len(desc)))
		notes = order.AppendUint32(notes, kind)
		notes = append(append(notes, "CORE\x00\x00\x00\x00"...), desc...)
		notes = append(notes, make([]byte, -len(notes)&3)...)
	}
	note(noteStatus, w.threads[0])
	process := make([]byte, processSize)
	order.PutUint32(process[16:], uint32(os.Getuid()))
	order.PutUint32(process[24:], uint32(w.pid))
	comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", w.pid))    // "" will do
	args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", w.pid)) // as above
	copy(process[40:55], bytes.TrimSpace(comm))
	copy(process[56:135], bytes.ReplaceAll(args, []byte{0}, []byte{' '}))
	note(noteProcess, process)
	if w.info != nil {
		note(noteSignal, w.info)
	}
	note(noteAuxv, w.auxv)
	var table, names []byte
	count := uint64(0)
	for _, m := range w.spans {
		if m.path != "" {
			for _, v := range []uint64{m.start, m.end, m.offset / pageSize} {
				table = order.AppendUint64(table, v)
			}
			names = append(append(names, m.path...), 0)
			count++
		}
	}
	note(noteFile, append(append(order.AppendUint64(order.AppendUint64(nil, count), pageSize), table...), names...))
	for _, t := range w.threads[1:] {
		note(noteStatus, t)
	}
	return notes
}

// write writes a sparse file: memory that is no part of a file, and of files what may
// have been changed and their first pages (coredump_filter, core(5)).
func (w *writer) write(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write core: %w", err)
	}
	defer f.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", w.pid))
	if err != nil {
		return fmt.Errorf("read memory: %w", err)
	}
	defer mem.Close()
	const headerSize, programSize = 64, 56
	head := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, headerSize-7)...)
	order.PutUint16(head[16:], 4)  // ET_CORE
	order.PutUint16(head[18:], 62) // EM_X86_64
	order.PutUint32(head[20:], 1)  // EV_CURRENT
	order.PutUint64(head[32:], headerSize)
	order.PutUint16(head[54:], programSize)
	order.PutUint16(head[56:], uint16(len(w.spans)+1))
	notes := w.notes()
	off := uint64(headerSize + programSize*(len(w.spans)+1))
	program := func(kind, flags uint32, addr, file, memory uint64) {
		for _, v := range []uint64{uint64(flags)<<32 | uint64(kind), off, addr, 0, file, memory, 1} {
			head = order.AppendUint64(head, v)
		}
	}
	program(4, 0, 0, uint64(len(notes)), 0)
	if _, err := f.WriteAt(notes, int64(off)); err != nil {
		return fmt.Errorf("write core: %w", err)
	}
	off = (off + uint64(len(notes)) + pageSize - 1) &^ (pageSize - 1)
	for _, m := range w.spans {
		size := m.end - m.start
		if m.path != "" && !m.changed && !m.write {
			size = min(size, pageSize)
		}
		if !m.read {
			size = 0
		}
		flags := uint32(4)
		if m.write {
			flags |= 2
		}
		program(1, flags, m.start, size, m.end-m.start)
		if err := copyPages(f, mem, int64(off), int64(m.start), int64(size)); err != nil {
			return err
		}
		off += size
	}
	if _, err := f.WriteAt(head, 0); err != nil {
		return fmt.Errorf("write core: %w", err)
	}
	if err := f.Truncate(int64(off)); err != nil {
		return fmt.Errorf("write core: %w", err)
	}
	return nil
}

// copyPages copies memory, but not what is zero.
func copyPages(f, mem *os.File, off, addr, size int64) error {
	const chunk = 64 << 10
	b := make([]byte, chunk)
	for at := int64(0); at < size; at += chunk {
		n, _ := mem.ReadAt(b[:min(chunk, size-at)], addr+at) // what cannot be read is zero
		if len(bytes.Trim(b[:n], "\x00")) == 0 {
			continue
		}
		if _, err := f.WriteAt(b[:n], off+at); err != nil {
			return fmt.Errorf("write core: %w", err)
		}
	}
	return nil
}
