//go:build amd64

package postmortem

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/crash"
)

// TestCoreOfTheLiving: a core that a debugger wrote has no cause; all goroutines are
// there, those that were running too.
func TestCoreOfTheLiving(t *testing.T) {
	for _, mode := range []tracee.Mode{tracee.Default, tracee.PIEStripped} {
		exe := tracee.Build(t, newest, mode)
		p := tracee.Start(t, exe)
		p.Do("park 5")
		p.Do("spin")
		core := writeCore(t, p.PID)
		c, err := OpenCore(core, CoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // it was only read
		a, err := c.Examine(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !a.Details.Alive || a.Report.Kind != crash.KindFragment || a.Report.Crash != -1 || a.Headline != "" || a.Report.Message != "" {
			t.Errorf("%s: alive %v, kind %s, crash %d, headline %q", mode, a.Details.Alive, a.Report.Kind, a.Report.Crash, a.Headline)
		}
		parked, spins := 0, false
		for i := range a.Report.Goroutines {
			for _, f := range a.Report.Goroutines[i].Frames {
				if f.Func == "main.park" {
					parked++
					break
				}
				spins = spins || f.Func == "main.spin"
			}
		}
		if parked != 5 || !spins {
			t.Errorf("%s: %d goroutines parked, one spins: %v; problems %q", mode, parked, spins, a.Details.Problems)
		}
		var text bytes.Buffer
		if err := WriteCore(&text, a, textview.Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "nothing had ended this program") || !strings.Contains(text.String(), "main.park") {
			t.Errorf("%s: %s", mode, &text)
		}
	}
}

// A span of addresses, as /proc/PID/maps lists it.
type span struct {
	start, end, offset uint64
	read, write        bool
	path               string
}

// writeCore writes a core of a living process as a debugger does: memory that is no
// part of a file, and of files what was changed and their first pages.
func writeCore(t *testing.T, pid int) string {
	t.Helper()
	s, err := ptrace.Stop(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release() //nolint:errcheck // the process ends with the test
	spans := spansOf(t, pid)
	notes := coreNotes(t, pid, s, spans)
	path := filepath.Join(t.TempDir(), "core")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // WriteAt has told
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close() //nolint:errcheck // it was only read

	le := binary.LittleEndian
	head := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	le.PutUint16(head[16:], 4)
	le.PutUint16(head[18:], 62)
	le.PutUint64(head[32:], 64)
	le.PutUint16(head[54:], 56)
	le.PutUint16(head[56:], uint16(len(spans)+1))
	off := uint64(64 + 56*(len(spans)+1))
	program := func(kind, flags uint32, addr, file, memory uint64) {
		for _, v := range []uint64{uint64(flags)<<32 | uint64(kind), off, addr, 0, file, memory, 1} {
			head = le.AppendUint64(head, v)
		}
	}
	program(4, 0, 0, uint64(len(notes)), 0)
	write(t, f, notes, off)
	off += uint64(len(notes))
	for _, m := range spans {
		size := m.end - m.start
		if m.path != "" && !m.write {
			size = min(size, pageBytes)
		}
		if !m.read {
			size = 0
		}
		flags := uint32(4)
		if m.write {
			flags = 6
		}
		program(1, flags, m.start, size, m.end-m.start)
		const chunk = 1 << 20
		for at := uint64(0); at < size; at += chunk {
			b := make([]byte, min(chunk, size-at))
			n, _ := mem.ReadAt(b, int64(m.start+at)) // what cannot be read is zero
			if len(bytes.Trim(b[:n], "\x00")) > 0 {
				write(t, f, b[:n], off+at)
			}
		}
		off += size
	}
	write(t, f, head, 0)
	if err := f.Truncate(int64(off)); err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, f *os.File, b []byte, off uint64) {
	t.Helper()
	if _, err := f.WriteAt(b, int64(off)); err != nil {
		t.Fatal(err)
	}
}

func spansOf(t *testing.T, pid int) []span {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var all []span
	for in := bufio.NewScanner(f); in.Scan(); {
		var s span
		var rights, device string
		var inode int
		n, _ := fmt.Sscanf(in.Text(), "%x-%x %s %x %s %d %s", &s.start, &s.end, &rights, &s.offset, &device, &inode, &s.path)
		if n < 6 || strings.HasPrefix(s.path, "[v") {
			continue
		}
		if inode == 0 {
			s.path = ""
		}
		s.read, s.write = rights[0] == 'r', rights[1] == 'w'
		all = append(all, s)
	}
	return all
}

// coreNotes are the registers of threads, the auxiliary vector and the mapped files.
func coreNotes(t *testing.T, pid int, s *ptrace.Stopped, spans []span) []byte {
	t.Helper()
	le := binary.LittleEndian
	var notes []byte
	note := func(kind uint32, desc []byte) {
		notes = le.AppendUint32(notes, 5)
		notes = le.AppendUint32(notes, uint32(len(desc)))
		notes = le.AppendUint32(notes, kind)
		notes = append(append(notes, "CORE\x00\x00\x00\x00"...), desc...)
		notes = append(notes, make([]byte, -len(notes)&3)...)
	}
	for _, thread := range s.Threads {
		b := make([]byte, 336)
		le.PutUint32(b[32:], uint32(thread.ID))
		le.PutUint64(b[112+8*4:], thread.Registers.BP)
		le.PutUint64(b[112+8*16:], thread.Registers.PC)
		le.PutUint64(b[112+8*19:], thread.Registers.SP)
		note(1, b)
	}
	auxv, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	if err != nil {
		t.Fatal(err)
	}
	note(6, auxv)
	var table, names []byte
	count := uint64(0)
	for _, m := range spans {
		if m.path != "" {
			for _, v := range []uint64{m.start, m.end, m.offset / pageBytes} {
				table = le.AppendUint64(table, v)
			}
			names = append(append(names, m.path...), 0)
			count++
		}
	}
	note(0x46494c45, append(append(le.AppendUint64(le.AppendUint64(nil, count), pageBytes), table...), names...))
	return notes
}
