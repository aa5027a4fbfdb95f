package gobin

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"sync"
)

// A Func is a function of the executable.
type Func struct {
	// Name is the name as tracebacks print it: type arguments are "[...]".
	Name string
	// Symbol is the name as the linker has it, with type arguments.
	Symbol string
	// File is where the function is declared.
	File string
	// StartLine is the line of the func keyword; 0 when it is not known, as in
	// executables of Go before 1.20.
	StartLine int
	// Entry and End are the range of its code, end excluded. They are 0 for a
	// function that is Inlined.
	Entry, End uint64
	// Inlined says that the function has no code of its own.
	Inlined bool

	index uint64
}

// A Frame is one call at a program counter.
type Frame struct {
	Func      string // as tracebacks print it
	File      string
	Line      int
	StartLine int  // of the function; 0 when it is not known
	Inlined   bool // into the frame that follows
	// Wrapper says that the compiler made the function, often to call another.
	// Tracebacks leave it out, except below a panic (runtime/traceback.go,
	// elideWrapperCalling). It is known for known releases only.
	Wrapper bool
}

// Funcs calls yield for each function with code, by address, until it returns
// false. A damaged record ends it with an error.
func (f *File) Funcs(yield func(Func) bool) error {
	r := f.t.reader()
	for i := uint64(0); i < f.t.nfunc; i++ {
		r.budget = maxTable
		fn, err := f.fn(r, i)
		if err != nil {
			return err
		}
		if !yield(fn) {
			return nil
		}
	}
	return nil
}

// FuncAt returns the function whose code holds pc.
func (f *File) FuncAt(pc uint64) (Func, error) {
	r := f.t.reader()
	i, err := f.t.search(&r.ftab, pc)
	if err != nil {
		return Func{}, err
	}
	return f.fn(r, i)
}

func (f *File) fn(r *reader, i uint64) (Func, error) {
	rec, err := r.record(i)
	if err != nil {
		return Func{}, err
	}
	fn := Func{StartLine: int(rec.startLine), Entry: rec.entry, End: rec.end, index: i}
	if err := f.setName(r, &fn, rec.name); err != nil {
		return Func{}, err
	}
	if rec.pcfile == 0 {
		return fn, nil // assembly without positions
	}
	own, err := r.ownCode(&rec)
	if err != nil {
		return Func{}, err
	}
	n, err := r.value(&rec, rec.pcfile, own)
	if err != nil {
		return Func{}, err
	}
	fn.File, err = r.file(&rec, n)
	return fn, err
}

// ownCode returns the address of an instruction of f that was not inlined into
// it: the first ones may have been.
func (r *reader) ownCode(f *record) (uint64, error) {
	if f.inline == 0 || f.tree == 0 {
		return f.entry, nil
	}
	pc, first, own := f.entry, int32(-1), false
	err := r.runs(f, f.inline, func(u run) bool {
		if u.from == f.entry {
			first = u.value
		}
		if own = u.value < 0; own {
			pc = u.from
		}
		return !own
	})
	if err != nil || own || first < 0 {
		return pc, err
	}
	// All of it was inlined: the outermost call is in f.
	calls := map[int32]bool{}
	for i := first; i >= 0 && !calls[i]; {
		calls[i] = true
		c, err := r.call(f, i)
		if err != nil {
			return 0, err
		}
		pc = c.parent
		if i, err = r.value(f, f.inline, pc); err != nil {
			return 0, err
		}
	}
	return pc, nil
}

func (f *File) setName(r *reader, fn *Func, off uint32) (err error) {
	if fn.Symbol, err = f.t.stringAt(&window{m: f.t.image}, f.t.names, uint64(off), "function names"); err != nil {
		return err
	}
	fn.Name = f.t.printed(fn.Symbol)
	return nil
}

// Lookup returns the functions of a name as tracebacks print it or as the
// linker has it. There are several when instances of a generic function share
// the printed name. A function that exists only inlined is among them. When
// there is none, the error is [ErrNotFound].
func (f *File) Lookup(name string) ([]Func, error) {
	if name == "panic" {
		name = "runtime.gopanic" // runtime/traceback.go, printFuncName
	}
	offsets, err := f.names(name)
	if err != nil {
		return nil, err
	}
	if len(offsets) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	if err := f.index.withCode(f.t); err != nil {
		return nil, err
	}
	r := f.t.reader()
	var funcs []Func
	for _, off := range offsets {
		places, err := f.index.places(f.t, off)
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			fn, err := f.at(r, off, p)
			if err != nil {
				return nil, err
			}
			funcs = append(funcs, fn)
		}
	}
	if len(funcs) == 0 {
		return nil, fmt.Errorf("%w: %s is only a name", ErrNotFound, name)
	}
	return funcs, nil
}

// at makes the function of a place.
func (f *File) at(r *reader, name uint32, p place) (Func, error) {
	r.budget = maxTable
	if p.call < 0 {
		return f.fn(r, uint64(p.fn))
	}
	rec, err := r.record(uint64(p.fn))
	if err != nil {
		return Func{}, err
	}
	fn := Func{StartLine: int(p.startLine), Inlined: true, index: uint64(p.fn)}
	if err := f.setName(r, &fn, name); err != nil {
		return Func{}, err
	}
	n, err := r.value(&rec, rec.pcfile, rec.entry+uint64(p.pc))
	if err != nil {
		return Func{}, err
	}
	fn.File, err = r.file(&rec, n)
	return fn, err
}

// names returns the offsets of the names that are printed as, or are, name.
func (f *File) names(name string) ([]uint32, error) {
	t := f.t
	if strings.IndexByte(name, 0) >= 0 || len(name) > maxName || name == "" {
		return nil, nil
	}
	pattern, generic := append([]byte(name), 0), false
	if i := strings.Index(name, "[...]"); i >= 0 {
		pattern, generic = pattern[:i+1], true // up to the bracket
	}
	var offsets []uint32
	w := window{m: t.image}
	err := f.search(pattern, func(off uint64) error {
		if generic {
			s, err := t.stringAt(&w, t.names, off, "function names")
			if err != nil || s != name && t.printed(s) != name {
				return err
			}
		}
		if offsets = append(offsets, uint32(off)); len(offsets) > maxInstances {
			return corrupt("function names", "too many of one name")
		}
		return nil
	})
	return offsets, err
}

// search calls found with the offset of each name that begins with pattern. A
// name is the first of its table or follows the end of another.
func (f *File) search(pattern []byte, found func(off uint64) error) error {
	t := f.t
	const chunk = maxRead / 2
	pattern = append([]byte{0}, pattern...)
	for off := uint64(0); off < t.names.size; off += chunk {
		b, err := t.bytes(t.names.addr+off, min(chunk+uint64(len(pattern))-1, t.names.size-off))
		if err != nil {
			return &CorruptError{"function names", err}
		}
		if off == 0 && bytes.HasPrefix(b, pattern[1:]) {
			if err := found(0); err != nil {
				return err
			}
		}
		for at := 0; ; at++ {
			i := bytes.Index(b[at:], pattern)
			if i < 0 {
				break
			}
			at += i
			if err := found(off + uint64(at) + 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxInstances bounds how many functions Lookup returns.
const maxInstances = 1 << 16

// A place is where the code of a function stands: the function with that index,
// or inlined into it as that call.
type place struct {
	name      uint32
	fn        uint32
	call      int32 // -1 for the function itself
	pc        uint32
	startLine int32
}

// An index finds functions by the offset of their name. It is made when first
// needed, and its second half only for a name that has no code of its own.
type index struct {
	mu      sync.Mutex
	code    []place // by name
	inlined []place // by name
	hasCode bool
	hasInl  bool
}

func (x *index) withCode(t *tables) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.hasCode {
		return nil
	}
	r := t.reader()
	x.code = x.code[:0]
	for i := uint64(0); i < t.nfunc; i++ {
		rec, err := r.record(i)
		if err != nil {
			return err
		}
		x.code = append(x.code, place{name: rec.name, fn: uint32(i), call: -1})
	}
	byName(x.code)
	x.hasCode = true
	return nil
}

func byName(p []place) {
	sort.SliceStable(p, func(i, j int) bool { return p[i].name < p[j].name })
}

// places returns where the function of a name is.
func (x *index) places(t *tables, name uint32) ([]place, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p := of(x.code, name); len(p) > 0 {
		return p, nil
	}
	if !x.hasInl {
		if err := x.collect(t); err != nil {
			return nil, err
		}
		x.hasInl = true
	}
	return of(x.inlined, name), nil
}

func of(p []place, name uint32) []place {
	i := sort.Search(len(p), func(i int) bool { return p[i].name >= name })
	j := i
	for j < len(p) && p[j].name == name {
		j++
	}
	return p[i:j]
}

// collect reads the inline trees of all functions. A function that is inlined
// in many places is kept once for each line it may begin at, which is once.
func (x *index) collect(t *tables) error {
	type key struct {
		name uint32
		line int32
	}
	seen := map[key]bool{}
	r := t.reader()
	// A table may serve several functions, but not more of it is decoded than
	// this in any executable; crafted ones could make it quadratic.
	r.budget = maxTable + 16*int(min(t.pcs.size, 1<<30))
	x.inlined = nil
	calls := map[int32]bool{}
	for i := uint64(0); i < t.nfunc; i++ {
		rec, err := r.record(i)
		if err != nil {
			return err
		}
		if rec.inline == 0 || rec.tree == 0 {
			continue
		}
		clear(calls)
		var failed error
		err = r.runs(&rec, rec.inline, func(u run) bool {
			if u.value < 0 || calls[u.value] {
				return true
			}
			calls[u.value] = true
			c, err := r.call(&rec, u.value)
			if failed = err; err != nil {
				return false
			}
			if k := (key{c.name, c.startLine}); !seen[k] {
				seen[k] = true
				x.inlined = append(x.inlined, place{c.name, uint32(i), u.value, uint32(u.from - rec.entry), c.startLine})
			}
			return true
		})
		if failed != nil {
			err = failed
		}
		if err != nil {
			return err
		}
	}
	byName(x.inlined)
	return nil
}
