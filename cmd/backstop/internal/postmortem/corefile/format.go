package corefile

import (
	"bytes"
	"fmt"
)

// A FormatError says that a file is not a core that can be read. Advice is what to
// do about it.
type FormatError struct {
	Detail string
	Advice string
}

func (e *FormatError) Error() string { return "not a core file that can be read: " + e.Detail }

const damagedHint = "the file is damaged: take the core again, or compare it with the original"

// packings are the beginnings of compressed files, and how to unpack them. A
// compressed core cannot be read at an address: package packed unpacks it, but not
// what was compressed twice.
var packings = []struct{ magic, name, tool string }{
	{"\x1f\x8b", "gzip", "gzip -dc CORE.gz > CORE"},
	{"\x28\xb5\x2f\xfd", "zstd", "zstd -dc CORE.zst > CORE, or coredumpctl dump PID -o CORE"},
	{"\x04\x22\x4d\x18", "lz4", "lz4 -dc CORE.lz4 > CORE, or coredumpctl dump PID -o CORE"},
	{"\xfd7zXZ\x00", "xz", "xz -dc CORE.xz > CORE, or coredumpctl dump PID -o CORE"},
	{"BZh", "bzip2", "bzip2 -dc CORE.bz2 > CORE"},
}

// machines are names of what e_machine says (elf.h).
var machines = map[uint16]string{3: "386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 258: "loong64"}

// checkHeader says why a file with these first bytes cannot be read.
func checkHeader(head []byte) error {
	for _, p := range packings {
		if bytes.HasPrefix(head, []byte(p.magic)) {
			return &FormatError{"it is compressed with " + p.name, p.tool}
		}
	}
	const isCore = "a core is what the kernel writes when a process dies, and what gcore PID writes of a living one"
	if len(head) == 0 {
		return &FormatError{"it is empty", "there was no space for it, or RLIMIT_CORE is tiny: see df and ulimit -c"}
	}
	if !bytes.HasPrefix(head, []byte("\x7fELF")) {
		return &FormatError{"it is not ELF", isCore}
	}
	if len(head) < headerSize {
		return &FormatError{fmt.Sprintf("it ends after %d bytes", len(head)), damagedHint}
	}
	machine := machines[order.Uint16(head[18:])]
	if bigEndian := head[5] != 1; bigEndian || head[4] != 2 || machine != "amd64" {
		if bigEndian {
			machine = machines[uint16(head[18])<<8|uint16(head[19])]
		}
		if machine == "" || machine == "amd64" {
			machine = "another architecture"
		}
		return &FormatError{"it is of " + machine, "cores of 64-bit Linux on amd64 are read"}
	}
	switch kind := order.Uint16(head[16:]); kind {
	case typeCore:
		return nil
	case 2, 3:
		return &FormatError{"it is an executable or a library", "the executable comes first, then the core: backstop core EXE CORE"}
	default:
		return &FormatError{fmt.Sprintf("it is an ELF file of type %d", kind), isCore}
	}
}

// Hint is what to do about it.
func (e *FormatError) Hint() string { return e.Advice }

// Extent checks the beginning of a core, and says where what its headers speak of
// ends, 0 when the beginning does not tell. The error is a FormatError.
func Extent(head []byte) (end int64, err error) {
	if err := checkHeader(head); err != nil {
		return 0, err
	}
	table, count := order.Uint64(head[32:]), uint64(order.Uint16(head[56:]))
	width := uint64(order.Uint16(head[54:]))
	if count == manyPrograms || width != programSize || table > uint64(len(head)) || count*width > uint64(len(head))-table {
		return 0, nil
	}
	last := table + count*width
	for i := range count {
		b := head[table+i*width:]
		off, size := order.Uint64(b[8:]), order.Uint64(b[32:])
		if off+size < off || off+size > 1<<62 {
			return 0, nil // damaged; New tells of it
		}
		last = max(last, off+size)
	}
	return int64(last), nil
}
