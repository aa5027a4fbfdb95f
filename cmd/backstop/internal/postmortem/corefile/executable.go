package corefile

import (
	"errors"
	"fmt"
	"os"
)

// An image is what an executable says of itself: where it starts, and what of it
// is loaded.
type image struct {
	entry uint64
	loads []segment
}

// readImage reads the headers of an executable.
func readImage(f *mappedFile) (*image, error) {
	head := make([]byte, headerSize)
	if n, err := f.r.ReadAt(head, 0); n < len(head) {
		return nil, fmt.Errorf("read executable %s: it is shorter than any: %w", f.path, err)
	}
	kind, machine := order.Uint16(head[16:]), order.Uint16(head[18:])
	switch {
	case string(head[:4]) != "\x7fELF":
		return nil, &ExecutableError{f.path, "it is not ELF", "the executable that died is named first, then its core: backstop core EXE CORE"}
	case kind == typeCore:
		return nil, &ExecutableError{f.path, "it is a core file", "the executable comes first, then the core: backstop core EXE CORE"}
	case head[4] != 2 || head[5] != 1 || machine != machineAMD64:
		name := machines[machine]
		if name == "" {
			name = "another architecture"
		}
		return nil, &ExecutableError{f.path, fmt.Sprintf("it is of %s, the core of amd64", name), "name the executable that ran on that machine"}
	case kind != 2 && kind != 3 || order.Uint16(head[54:]) != programSize:
		return nil, &ExecutableError{f.path, "it is not an executable", "name the executable that died"}
	}
	m := &image{entry: order.Uint64(head[24:])}
	table, b := order.Uint64(head[32:]), make([]byte, programSize)
	for i := range uint64(order.Uint16(head[56:])) {
		if n, _ := f.r.ReadAt(b, int64(table+i*programSize)); n < len(b) {
			return nil, &ExecutableError{f.path, "it ends within its headers", damagedHint}
		}
		s := segment{
			addr: order.Uint64(b[16:]), memory: order.Uint64(b[40:]), flags: order.Uint32(b[4:]),
			off: order.Uint64(b[8:]), file: order.Uint64(b[32:]),
		}
		if order.Uint32(b) == programLoad && s.file > 0 && s.addr%pageSize == s.off%pageSize && s.addr+s.file > s.addr {
			m.loads = append(m.loads, s)
		}
	}
	return m, nil
}

// An ExecutableError says why a file cannot be the executable of a core. Advice is
// what to do about it.
type ExecutableError struct {
	Path, Detail, Advice string
}

func (e *ExecutableError) Error() string { return fmt.Sprintf("executable %s: %s", e.Path, e.Detail) }

// UseExecutable lets the file at path stand in for the executable: what the core
// left out is read from it. It returns how far from the addresses of the file it
// was loaded, and whether the core proved that it is the same build. The error is
// an ExecutableError, a MismatchError or what reading gave.
func (c *Core) UseExecutable(path string) (bias uint64, proved bool, err error) {
	// Opening a pipe with a name waits for somebody who writes.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return 0, false, &ExecutableError{path, "it is not a regular file", "name the executable that died"}
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, false, err //nolint:wrapcheck // it says "open NAME: why"
	}
	file := &mappedFile{path: path, r: &blocks{r: f}, closer: f}
	bias, proved, err = c.useExecutable(file)
	if err != nil {
		file.close()
		return 0, false, err
	}
	c.files = append(c.files, file)
	return bias, proved, nil
}

func (c *Core) useExecutable(file *mappedFile) (bias uint64, proved bool, err error) {
	m, err := readImage(file)
	if err != nil {
		return 0, false, err
	}
	mapped, _ := c.Executable()
	if bias, err = c.bias(file.path, m, mapped); err != nil {
		return 0, false, err
	}
	if mapped == "" {
		mapped = file.path
	}
	if proved, err = c.use(file, mapped, false); errors.Is(err, ErrNotMapped) {
		// The core does not say what was mapped; where this was loaded it is
		// what the executable says.
		for _, s := range m.loads {
			skip := s.addr % pageSize
			c.addMapping(Mapping{Start: s.addr + bias - skip, End: s.addr + bias + s.file, Offset: s.off - skip, Path: mapped})
		}
		proved, err = c.use(file, mapped, false)
	}
	return bias, proved, err
}

// bias says how far an executable was moved: by where it was to start, or else by
// where its first bytes were mapped.
func (c *Core) bias(path string, m *image, mapped string) (uint64, error) {
	bias := uint64(0)
	switch {
	case c.Auxv.Known:
		bias = c.Auxv.Entry - m.entry
	case len(m.loads) > 0:
		for i := range c.Mappings {
			if c.Mappings[i].Path == mapped && c.Mappings[i].Offset == m.loads[0].off&^(pageSize-1) {
				bias = c.Mappings[i].Start - m.loads[0].addr&^(pageSize-1)
				break
			}
		}
	}
	if bias%pageSize != 0 {
		return 0, &MismatchError{Path: path, Mapped: orUnknown(mapped), Detail: fmt.Sprintf("it starts at %#x, the process started at %#x", m.entry, c.Auxv.Entry)}
	}
	return bias, nil
}

func orUnknown(path string) string {
	if path == "" {
		return "the core does not say its name"
	}
	return path
}

// addMapping inserts a mapping where there is none.
func (c *Core) addMapping(m Mapping) {
	for i := range c.Mappings {
		if o := &c.Mappings[i]; o.Start < m.End && m.Start < o.End {
			return
		}
	}
	c.Mappings = append(c.Mappings, m)
	c.sortMappings()
}

// Hint is what to do about it.
func (e *ExecutableError) Hint() string { return e.Advice }
