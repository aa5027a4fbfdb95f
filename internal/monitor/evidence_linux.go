//go:build go1.23

package monitor

import (
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// Limits of what is sent for the headline of a fatal error.
const (
	maxMemory = 8   // pieces
	pieceSize = 256 // bytes; no headline is longer
	maxLooked = 64 << 10
)

// address is where code of ours is. Its distance in the program and in the child
// is by how much a position-independent executable was moved.
func address() uint64 { return uint64(reflect.ValueOf(Child).Pointer()) }

// evidence reads the texts that functions named throw or fatal were called with.
// They are the headline, which the crash output lacks (golang/go#76859), and
// which only the collector can tell from what stands behind it. Nothing but the
// file of the executable is read, and of that only what is mapped to be read.
func (c *Config) evidence(text []byte) []event.Memory {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	moved := address() - c.Address
	rest := string(text[:min(len(text), maxLooked)])
	found, n := make([]event.Memory, maxMemory), 0
	for n < maxMemory {
		function, args, ok := strings.Cut(rest, "({0x") // a string, as runtime/traceback.go prints it (printArgs)
		if !ok {
			break
		}
		rest = args
		if !strings.HasSuffix(function, "throw") && !strings.HasSuffix(function, "fatal") {
			continue
		}
		digits := len(args) - len(strings.TrimLeft(args, "0123456789abcdef"))
		addr := hex(args[:digits]) // 0 is nowhere
		if piece := readImage(string(maps), addr+moved); len(piece) > 0 {
			found[n] = event.Memory{Addr: addr, Bytes: piece}
			n++
		}
	}
	return found[:n]
}

// readImage reads what the executable has at an address of this process, given
// /proc/self/maps (proc_pid_maps(5)), from its file.
func readImage(maps string, addr uint64) []byte {
	const self = "/proc/self/exe"
	name, err := os.Readlink(self)
	if err != nil {
		return nil
	}
	for _, line := range strings.Split(maps, "\n") {
		// "401000-40a000 r-xp 00001000 fd:01 123 /bin/x": what may be written to
		// has "rw".
		f := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '-' })
		if len(f) < 5 || f[2] != "r" || !strings.HasSuffix(line, " "+name) {
			continue
		}
		begin, end, offset := hex(f[0]), hex(f[1]), hex(f[4])
		if addr < begin || addr >= end {
			continue
		}
		exe, err := os.Open(self)
		if err != nil {
			return nil
		}
		piece := make([]byte, min(end-addr, pieceSize))
		got, _ := exe.ReadAt(piece, int64(offset+addr-begin)) // what there is
		_ = exe.Close()
		return piece[:got]
	}
	return nil
}

// hex reads a number, 0 when it is none.
//
//go:noinline // for the size of programs
func hex(s string) uint64 {
	n, _ := strconv.ParseUint(s, 16, 64)
	return n
}
