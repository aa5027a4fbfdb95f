package host

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/backstop-go/backstop/internal/gobin"
)

// An Identity tells files from each other, and one file from what it was before
// it was written to.
type Identity struct {
	Dev, Inode uint64
	Size       int64
	ModTime    time.Time
}

// An Executable is one that targets run. There is one for each Identity, so that
// pointers may be compared.
type Executable struct {
	Identity
	Display string // its path as the first process that ran it sees it
	BuildID string // what go tool buildid prints; "" if it is not there
	Binary  *gobin.File

	file *os.File
}

// Path opens the executable, by whatever name, also when it was removed or lies in
// another mount namespace. It is of this process, and good until the Watcher is
// closed, or it was [Idle] for too long.
func (e *Executable) Path() string { return fmt.Sprintf("/proc/self/fd/%d", e.file.Fd()) }

// ReadAt reads the file.
func (e *Executable) ReadAt(b []byte, off int64) (int, error) { return e.file.ReadAt(b, off) }

// maxBuildID is how much of a note is read. Build IDs have some 83 bytes.
const maxBuildID = 64 << 10

// buildID finds the note that the linker leaves (cmd/link/internal/ld/elf.go: name
// "Go", type 4), in the segments: sections may be stripped.
func buildID(r io.ReaderAt) string {
	f, err := elf.NewFile(r)
	if err != nil {
		return ""
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		notes := make([]byte, min(p.Filesz, maxBuildID))
		n, _ := p.ReadAt(notes, 0) // what is there counts
		if id := goNote(notes[:n], f.ByteOrder); id != "" {
			return id
		}
	}
	return ""
}

func goNote(notes []byte, order binary.ByteOrder) string {
	const header, typeBuildID = 12, 4
	for len(notes) >= header {
		name, desc, kind := uint64(order.Uint32(notes)), uint64(order.Uint32(notes[4:])), order.Uint32(notes[8:])
		notes = notes[header:]
		descAt := (name + 3) &^ 3
		end := descAt + desc
		if end > uint64(len(notes)) {
			return ""
		}
		if kind == typeBuildID && strings.TrimRight(string(notes[:name]), "\x00") == "Go" {
			return string(notes[descAt:end])
		}
		notes = notes[min((end+3)&^3, uint64(len(notes))):]
	}
	return ""
}
