package corefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// A Mapping is a part of a file that was mapped into the process.
type Mapping struct {
	Start, End uint64 // addresses, End excluded
	Offset     uint64 // in the file, in bytes
	Path       string // as the process saw it

	file *mappedFile // nil until UseFile has given it
}

// A mappedFile is a file that stands in for memory.
type mappedFile struct {
	path   string
	r      io.ReaderAt
	closer io.Closer
}

func (f *mappedFile) close() {
	if f.closer != nil {
		f.closer.Close() //nolint:errcheck // it was only read
	}
}

// fileNote reads NT_FILE (fs/binfmt_elf.c, fill_files_note): a count, the size of
// a page, three words for each mapping, their names.
func (c *Core) fileNote(b []byte) {
	count, page := order.Uint64(b), order.Uint64(b[8:])
	b = b[16:]
	if count > uint64(len(b))/25 || page == 0 || page > 1<<30 { // a mapping takes 24 bytes and the end of its name
		c.problem("the list of mapped files is damaged")
		return
	}
	names := b[24*count:]
	paths := make(map[string]string) // one string for the same name
	for i := range count {
		end := bytes.IndexByte(names, 0)
		if end < 0 {
			c.problem("the list of mapped files was cut off after %d of %d", i, count)
			break
		}
		name := string(names[:end])
		names = names[end+1:]
		if shared, ok := paths[name]; ok {
			name = shared
		}
		paths[name] = name
		m := Mapping{Start: order.Uint64(b[24*i:]), End: order.Uint64(b[24*i+8:]), Path: name}
		pages := order.Uint64(b[24*i+16:])
		if m.End <= m.Start || pages > (1<<62)/page {
			c.problem("the mapping of %s at %#x is damaged", name, m.Start)
			continue
		}
		m.Offset = pages * page
		c.Mappings = append(c.Mappings, m)
	}
	c.sortMappings()
}

func (c *Core) sortMappings() {
	sort.SliceStable(c.Mappings, func(i, j int) bool { return c.Mappings[i].Start < c.Mappings[j].Start })
}

// Mapping returns what was mapped of a file at addr, nil if nothing was.
func (c *Core) Mapping(addr uint64) *Mapping {
	m := c.mappingAfter(addr)
	if m == nil || m.Start > addr {
		return nil
	}
	return m
}

// mappingAfter returns the first mapping that ends behind addr.
func (c *Core) mappingAfter(addr uint64) *Mapping {
	i := sort.Search(len(c.Mappings), func(i int) bool { return c.Mappings[i].End > addr })
	if i == len(c.Mappings) {
		return nil
	}
	return &c.Mappings[i]
}

// deleted is what the kernel puts behind the name of a file that was removed or
// replaced while it was mapped (d_path in fs/d_path.c).
const deleted = " (deleted)"

// Executable returns the path of the executable as the process saw it, without
// the mark of a removed file, and whether it had that mark. It is "" when the core
// does not say.
func (c *Core) Executable() (path string, removed bool) {
	addr := c.Auxv.Entry
	m := c.Mapping(addr)
	if m == nil {
		if m = c.Mapping(c.Auxv.Phdr); m == nil {
			return "", false
		}
	}
	return strings.CutSuffix(m.Path, deleted)
}

// A MismatchError says that a file is not the one that was mapped.
type MismatchError struct {
	Path, Mapped string // the file, and what was mapped
	Detail       string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s is not what was running (%s): %s", e.Path, e.Mapped, e.Detail)
}

// ErrNotMapped says that nothing of that name was mapped.
var ErrNotMapped = errors.New("the core has no mapping of it")

// UseFile lets the file at path stand in for what was mapped of the file that the
// process knew as mapped. It is compared with what the core has of it: the error is
// a MismatchError when it is another one, and proved is false when the core has
// nothing to tell.
func (c *Core) UseFile(path, mapped string) (proved bool, err error) {
	return c.useFile(path, mapped, false)
}

func (c *Core) useFile(path, mapped string, needProof bool) (proved bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err //nolint:wrapcheck // it says "open NAME: why"
	}
	file := &mappedFile{path: path, r: &blocks{r: f}, closer: f}
	proved, err = c.use(file, mapped, needProof)
	if err != nil {
		file.close()
		return false, err
	}
	c.files = append(c.files, file)
	return proved, nil
}

// errUnproven says that a core has nothing of a mapped file.
var errUnproven = errors.New("the core has nothing to compare it with")

func (c *Core) use(file *mappedFile, mapped string, needProof bool) (proved bool, err error) {
	var ours []*Mapping
	for i := range c.Mappings {
		if m := &c.Mappings[i]; strings.TrimSuffix(m.Path, deleted) == mapped {
			ours = append(ours, m)
		}
	}
	if len(ours) == 0 {
		return false, fmt.Errorf("%s: %w", mapped, ErrNotMapped)
	}
	if proved, err = c.compare(file, mapped, ours); err != nil {
		return false, err
	}
	if needProof && !proved {
		return false, errUnproven
	}
	for _, m := range ours {
		m.file = file
	}
	return proved, nil
}

// UseSharedFiles gives the core every other file that was mapped and is found
// below root, as libraries of C are. Those that are missing or another build are
// left out: their memory stays missing.
func (c *Core) UseSharedFiles(root string) {
	tried := make(map[string]bool)
	for i := range c.Mappings {
		const enough = 256
		m := &c.Mappings[i]
		if m.file != nil || tried[m.Path] || !strings.HasPrefix(m.Path, "/") || len(tried) >= enough {
			continue
		}
		tried[m.Path] = true
		path := filepath.Join(root, m.Path)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			_, _ = c.useFile(path, strings.TrimSuffix(m.Path, deleted), true) // what cannot be used is missing when it is read
		}
	}
}
