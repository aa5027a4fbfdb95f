package corefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

const (
	pageSize  = 4096
	textProbe = 64 << 10 // how much of a mapping's code is compared, in bytes
	codeFlag  = 1        // PF_X
	writeFlag = 2        // PF_W
)

// compare holds a file against what the core has of its mappings: the first page
// of an ELF file, which the kernel writes even where it leaves out the rest
// (coredump_filter, bit 4) and where linkers put the build ID, code, and what Go's
// linker writes of the build into data. proved says that there was something to
// compare.
func (c *Core) compare(file *mappedFile, mapped string, ours []*Mapping) (proved bool, err error) {
	for _, m := range ours {
		s := c.segment(m.Start)
		have := min(c.dumped(m.Start), m.End-m.Start)
		if s == nil || have == 0 {
			continue
		}
		if s.flags&writeFlag != 0 {
			same, found := c.compareBuildInfo(file, m, have)
			if found && !same {
				return false, &MismatchError{Path: file.path, Mapped: mapped, Detail: "the build information differs"}
			}
			proved = proved || found
			continue
		}
		header := m.Offset == 0
		switch {
		case header:
			have = min(have, pageSize)
		case s.flags&codeFlag != 0:
			have = min(have, textProbe)
		default: // may have been changed by the dynamic loader
			continue
		}
		inCore, inFile := make([]byte, have), make([]byte, have)
		if _, err := c.ReadAt(inCore, int64(m.Start)); err != nil {
			continue // cut off in between
		}
		n, _ := file.r.ReadAt(inFile, int64(m.Offset)) // what is not there differs
		if detail := difference(inCore, inFile[:n], header); detail != "" {
			return false, &MismatchError{Path: file.path, Mapped: mapped, Detail: detail}
		}
		proved = true
	}
	return proved, nil
}

// difference says how memory differs from a file, "" if it does not matter.
func difference(memory, file []byte, header bool) string {
	if header {
		if a, b := buildID(memory), buildID(file); a != b {
			return fmt.Sprintf("its build ID is %s, that of the process %s", idText(b), idText(a))
		}
		// Tools that strip symbols move the section headers, which are not
		// mapped, and write where they are into the first bytes (elf.h,
		// Elf64_Ehdr: e_shoff, and e_shentsize to e_shstrndx).
		memory, file = withoutSections(memory), withoutSections(file)
	}
	differ := max(len(memory)-len(file), 0)
	for i := range min(len(memory), len(file)) {
		if memory[i] != file[i] {
			differ++
		}
	}
	// Code may have breakpoints and probes in it: a byte here and there.
	allowed := len(memory) / 200
	if header {
		allowed = 0
	}
	if differ > allowed {
		return fmt.Sprintf("%d of %d bytes differ", differ, len(memory))
	}
	return ""
}

func withoutSections(page []byte) []byte {
	page = bytes.Clone(page)
	if len(page) >= headerSize {
		clear(page[40:48])
		clear(page[58:64])
	}
	return page
}

// buildID finds the build ID that Go's linker, or else another, put into the
// first page of a file: a note of the name "Go" or "GNU" (cmd/link/internal/ld,
// ELF_NOTE_BUILDINFO_TAG and ELF_NOTE_GOBUILDID_TAG).
func buildID(page []byte) string {
	for _, kind := range []struct {
		name string
		typ  byte
		hex  bool
	}{{"Go\x00\x00", 4, false}, {"GNU\x00", 3, true}} {
		tail := append([]byte{kind.typ, 0, 0, 0}, kind.name...)
		i := bytes.Index(page, tail)
		if i < 8 || i%4 != 0 || order.Uint32(page[i-8:]) != 4 {
			continue
		}
		size := uint64(order.Uint32(page[i-4:]))
		id := page[i+len(tail):]
		if size == 0 || size > uint64(len(id)) {
			continue
		}
		if kind.hex {
			return fmt.Sprintf("%x", id[:size])
		}
		return strings.ToValidUTF8(string(id[:size]), "?")
	}
	return ""
}

// idText shortens a build ID of Go, whose four parts say what the executable was
// made from and what came out (cmd/go/internal/work/buildid.go).
func idText(id string) string {
	const enough = 44
	switch {
	case id == "":
		return "none"
	case len(id) > enough:
		return id[:20] + "..." + id[len(id)-20:]
	}
	return id
}

// buildInfoMagic begins what Go's linker writes of the build (debug/buildinfo). It
// is aligned to 16 bytes and followed by flags; from Go 1.18 on two strings come 32
// bytes behind it: the version, and the modules and settings.
const buildInfoMagic = "\xff Go buildinf:"

// compareBuildInfo compares the build information in a mapping of data, of which
// the core has some bytes.
func (c *Core) compareBuildInfo(file *mappedFile, m *Mapping, have uint64) (same, found bool) {
	const (
		search = 256 << 10 // the linker puts it first, libraries of C may come before
		size   = 4096
	)
	b := make([]byte, min(have, search))
	n, _ := file.r.ReadAt(b, int64(m.Offset))
	b = b[:n]
	for at := 0; ; at += len(buildInfoMagic) {
		i := bytes.Index(b[at:], []byte(buildInfoMagic))
		if i < 0 {
			return false, false
		}
		at += i
		if (m.Start+uint64(at))%16 != 0 || len(b)-at < 64 {
			continue
		}
		ours := b[at:]
		ours = ours[:min(len(ours), buildInfoSize(ours, size))]
		theirs := make([]byte, len(ours))
		if _, err := c.ReadAt(theirs, int64(m.Start+uint64(at))); err != nil {
			return false, false
		}
		return bytes.Equal(ours, theirs), true
	}
}

// buildInfoSize is how long build information is, at most most.
func buildInfoSize(b []byte, most int) int {
	const head, inline = 32, 2
	if b[15]&inline == 0 { // pointers, before Go 1.18
		return head
	}
	rest := b[min(head, len(b)):]
	for range 2 {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return min(most, len(b))
		}
		rest = rest[n+int(size):]
	}
	return min(most, len(b)-len(rest))
}
