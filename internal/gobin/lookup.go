package gobin

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

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
	places, err := f.index.places(f.t, offsets)
	if err != nil {
		return nil, err
	}
	r := f.t.reader()
	r.budget = maxTables
	var funcs []Func
	for _, p := range places {
		fn, err := f.at(r, p)
		if err != nil {
			return nil, err
		}
		funcs = append(funcs, fn)
	}
	if len(funcs) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	return funcs, nil
}

// at makes the function of a place.
func (f *File) at(r *reader, p place) (Func, error) {
	if p.call < 0 {
		return f.fn(r, uint64(p.fn))
	}
	rec, err := r.record(uint64(p.fn))
	if err != nil {
		return Func{}, err
	}
	fn := Func{StartLine: int(p.startLine), Inlined: true}
	if err := f.setName(r, &fn, p.name); err != nil {
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
// needed, and its second half only for a name that has no code of its own. It
// is searched from end to end, which costs less than to sort it.
type index struct {
	mu      sync.Mutex
	code    []uint32 // offset of the name of each function
	inlined []place
	hasInl  bool
}

// places returns where the functions of some names are.
func (x *index) places(t *tables, names []uint32) ([]place, error) {
	if len(names) == 0 {
		return nil, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.code == nil {
		if err := x.collectCode(t); err != nil {
			return nil, err
		}
	}
	missing := map[uint32]bool{}
	for _, name := range names {
		missing[name] = true
	}
	var places []place
	for i, name := range x.code {
		if _, ok := missing[name]; ok {
			missing[name] = false
			places = append(places, place{name: name, fn: uint32(i), call: -1})
		}
	}
	if !anyOf(missing) {
		return places, nil
	}
	if !x.hasInl {
		if err := x.collectInlined(t); err != nil {
			return nil, err
		}
		x.hasInl = true
	}
	for _, p := range x.inlined {
		if missing[p.name] {
			places = append(places, p)
		}
	}
	return places, nil
}

func anyOf(set map[uint32]bool) bool {
	for _, yes := range set {
		if yes {
			return true
		}
	}
	return false
}

// collectCode reads the names of all functions with code.
func (x *index) collectCode(t *tables) error {
	r := t.reader()
	code := make([]uint32, t.nfunc)
	for i := range code {
		var err error
		if code[i], err = r.name(uint64(i)); err != nil {
			return err
		}
	}
	x.code = code
	return nil
}

const (
	maxInlineCalls = 1 << 18 // of one function
	maxInlineFuncs = 2 << 20
)

// collectInlined reads the inline trees of all functions. A function that is
// inlined in many places is kept once for each line it may begin at, which is
// once.
func (x *index) collectInlined(t *tables) error {
	type key struct {
		name uint32
		line int32
	}
	seen := map[key]bool{}
	r := t.reader()
	r.budget = maxTables
	var inlined []place
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
			var c call
			if c, failed = r.call(&rec, u.value); failed != nil {
				return false
			}
			if len(calls) > maxInlineCalls || len(seen) > maxInlineFuncs {
				failed = corrupt("inline tree", "too many calls")
				return false
			}
			if k := (key{c.name, c.startLine}); !seen[k] {
				seen[k] = true
				inlined = append(inlined, place{c.name, uint32(i), u.value, uint32(u.from - rec.entry), c.startLine})
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
	x.inlined = inlined
	return nil
}
