package corefile

import (
	"bytes"
	"strings"
)

// Types of notes that the kernel names "CORE" (elf.h).
const (
	noteStatus  = 1          // NT_PRSTATUS
	noteProcess = 3          // NT_PRPSINFO
	noteAuxv    = 6          // NT_AUXV
	noteSignal  = 0x53494749 // NT_SIGINFO
	noteFile    = 0x46494c45 // NT_FILE
)

// Sizes of what is read of a note, in bytes. The kernel writes at most 4 MiB of
// NT_FILE unless the memory of the process says more (fs/binfmt_elf.c,
// MAX_FILE_NOTE_SIZE).
const (
	statusSize  = 336
	processSize = 136
	signalSize  = 128
	maxAuxv     = 4096
	maxFileNote = 64 << 20
	maxThreads  = 1 << 18 // a process may have no more: /proc/sys/kernel/pid_max is at most 1<<22, threads-max lower
)

// A Thread is a thread as it was when the core was written.
type Thread struct {
	TID       int
	Signal    int // that it was about to get; 0 is none
	Registers Registers
}

// Registers are in the order of struct user_regs_struct (sys/user.h).
type Registers struct {
	R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI uint64
	OrigRAX, RIP, CS, Flags, RSP, SS, FSBase, GSBase, DS, ES, FS, GS        uint64
}

// Signal is what killed the process, from siginfo_t. Number is 0 when the core
// does not say; Addr is that of the access for signals of faults, Sender and UID
// are of who sent it where Code says that somebody did (0 or negative).
type Signal struct {
	Number, Code int
	Addr         uint64
	Sender       int
	UID          uint32
	Info         bool // the core has siginfo_t: all but Number is known
}

// Process is who the process was.
type Process struct {
	PID  int
	UID  uint32
	Name string // at most 15 bytes of the name of the executable
	Args string // the beginning of the command line, at most 79 bytes
}

// Auxv is what of the auxiliary vector matters here (getauxval(3)).
type Auxv struct {
	Phdr  uint64 // address of the program headers of the executable
	Entry uint64 // address where it starts
	Base  uint64 // of the dynamic loader; 0 without one
	Known bool
}

// notes reads a segment of notes. Damage ends it, and is a problem.
func (c *Core) notes(off, size uint64) {
	end := off + size
	if end < off || end > uint64(c.size) {
		c.Cut = true
		c.problem("the notes were cut off: threads and mappings may be missing")
		end = uint64(c.size)
	}
	head := make([]byte, 12)
	for range maxNotes {
		if off > end || end-off < uint64(len(head)) || c.at(head, off) != nil {
			return
		}
		names, data, kind := uint64(order.Uint32(head)), uint64(order.Uint32(head[4:])), order.Uint32(head[8:])
		at := off + uint64(len(head)) + pad(names)
		if names == 0 && data == 0 || at > end || data > end-at {
			if (names != 0 || data != 0) && !c.Cut {
				c.problem("the note at offset %#x is longer than the notes: threads and mappings may be missing", off)
			}
			return
		}
		name := make([]byte, min(names, 5))
		if c.at(name, off+uint64(len(head))) == nil && string(bytes.TrimRight(name, "\x00")) == "CORE" {
			c.note(kind, at, data)
		}
		off = at + pad(data)
	}
}

// pad rounds up to what notes are aligned to.
func pad(n uint64) uint64 { return (n + 3) &^ 3 }

// note reads one note of the kernel's.
func (c *Core) note(kind uint32, off, size uint64) {
	read := func(least, most uint64) []byte {
		if size < least || size > most && least != most {
			c.problem("the note of type %#x has %d bytes", kind, size)
			return nil
		}
		b := make([]byte, min(size, most))
		if err := c.at(b, off); err != nil {
			c.problem("the note of type %#x cannot be read: %v", kind, err)
			return nil
		}
		return b
	}
	switch kind {
	case noteStatus:
		if b := read(statusSize, statusSize); b != nil && len(c.Threads) < maxThreads {
			c.Threads = append(c.Threads, thread(b))
		}
		if len(c.Threads) == 1 && c.Signal.Number == 0 {
			c.Signal.Number = c.Threads[0].Signal
		}
	case noteProcess:
		if b := read(processSize, processSize); b != nil {
			c.Process = Process{
				PID: int(int32(order.Uint32(b[24:]))), UID: order.Uint32(b[16:]),
				Name: text(b[40:56]), Args: strings.TrimRight(text(b[56:136]), " "),
			}
		}
	case noteSignal:
		if b := read(signalSize, signalSize); b != nil && !c.Signal.Info {
			c.Signal = Signal{
				Number: int(int32(order.Uint32(b))), Code: int(int32(order.Uint32(b[8:]))), Info: true,
				Addr: order.Uint64(b[16:]), Sender: int(int32(order.Uint32(b[16:]))), UID: order.Uint32(b[20:]),
			}
		}
	case noteAuxv:
		if b := read(0, maxAuxv); b != nil {
			c.auxv(b)
		}
	case noteFile:
		if b := read(16, maxFileNote); b != nil {
			c.fileNote(b)
		}
	}
}

// thread reads struct elf_prstatus (linux/elfcore.h).
func thread(b []byte) Thread {
	t := Thread{Signal: int(order.Uint16(b[12:])), TID: int(int32(order.Uint32(b[32:])))}
	r, regs := &t.Registers, b[112:]
	for i, p := range [...]*uint64{
		&r.R15, &r.R14, &r.R13, &r.R12, &r.RBP, &r.RBX, &r.R11, &r.R10, &r.R9, &r.R8, &r.RAX, &r.RCX, &r.RDX, &r.RSI, &r.RDI,
		&r.OrigRAX, &r.RIP, &r.CS, &r.Flags, &r.RSP, &r.SS, &r.FSBase, &r.GSBase, &r.DS, &r.ES, &r.FS, &r.GS,
	} {
		*p = order.Uint64(regs[8*i:])
	}
	return t
}

// text is a string of C.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func (c *Core) auxv(b []byte) {
	const phdr, base, entry = 3, 7, 9 // AT_PHDR, AT_BASE, AT_ENTRY
	for ; len(b) >= 16; b = b[16:] {
		value := order.Uint64(b[8:])
		switch order.Uint64(b) {
		case 0:
			return
		case phdr:
			c.Auxv.Phdr = value
		case base:
			c.Auxv.Base = value
		case entry:
			c.Auxv.Entry, c.Auxv.Known = value, true
		}
	}
}
