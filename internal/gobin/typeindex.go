package gobin

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

const (
	// maxTypes bounds the types that are looked at for a name. The largest
	// executables known have some hundred thousand.
	maxTypes = 2 << 20
	// maxReferences bounds the fields, parameters and elements that are followed.
	maxReferences = 32 << 20
)

// A typeIndex finds types by name. It is made when first needed.
type typeIndex struct {
	once     sync.Once
	named    map[string]uint64 // by import path, dot, name
	pointers map[uint64]uint64 // by the address of the type they point to
	err      error
}

// TypeNamed returns the type that a package declares, such as "net/http.conn" or
// "main.pair[int,string]", or with a star in front a pointer to it. Where
// functions declare several of one name, it is one of them. The error is
// [ErrNoType] when there is none, also for one that no description of another
// type leads to.
func (f *File) TypeNamed(name string) (*Type, error) {
	if err := f.knowsTypes(); err != nil {
		return nil, err
	}
	x := &f.types
	x.once.Do(func() { x.err = x.collect(f.t) })
	if x.err != nil {
		return nil, x.err
	}
	base := strings.TrimPrefix(name, "*")
	addr, ok := x.named[base]
	if ok && base != name {
		addr, ok = x.pointers[addr]
	}
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoType, name)
	}
	return f.TypeAt(addr)
}

// collect follows the types from those that the linker lists to all that they
// are made of.
func (x *typeIndex) collect(t *tables) error {
	x.named, x.pointers = map[string]uint64{}, map[uint64]uint64{}
	r := t.typeReader()
	todo, err := r.listed()
	if err != nil {
		return err
	}
	seen := make(map[uint64]bool, len(todo))
	for references := 0; len(todo) > 0; {
		addr := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[addr] {
			continue
		}
		seen[addr] = true
		d, err := r.descriptor(addr)
		if errors.Is(err, ErrNoType) {
			continue // what is not described in this file
		}
		if err != nil {
			return err
		}
		r.left = maxNames
		if err := x.add(r, d); err != nil {
			return err
		}
		before := len(todo)
		if todo, err = r.references(d, todo); err != nil {
			return err
		}
		if references += len(todo) - before; references > maxReferences || len(seen) > maxTypes {
			return corrupt("types", "too many")
		}
	}
	return nil
}

// add notes the name of a type, and what a pointer points to.
func (x *typeIndex) add(r *typeReader, d descriptor) error {
	if d.kind == reflect.Pointer && d.flags&typeNamed == 0 {
		w, err := r.words(d.rest, 1)
		if err != nil {
			return err
		}
		x.pointers[w[0]] = d.addr
		return nil
	}
	if d.flags&typeNamed == 0 {
		return nil
	}
	name, err := r.string(d)
	if err != nil {
		return err
	}
	path, err := r.pkgPath(d)
	if err != nil {
		return err
	}
	if path != "" {
		name = path + "." + baseName(name)
	}
	if before, ok := x.named[name]; !ok || d.addr < before {
		x.named[name] = d.addr
	}
	return nil
}

// baseName returns what stands behind the last dot that is not within type
// arguments (runtime/type.go, rtype.name).
func baseName(s string) string {
	depth := 0
	for i := len(s) - 1; i >= 0; i-- {
		switch s[i] {
		case ']':
			depth++
		case '[':
			depth--
		case '.':
			if depth == 0 {
				return s[i+1:]
			}
		}
	}
	return s
}

// references appends the types that a type is made of, and the pointer to it.
func (r *typeReader) references(d descriptor, to []uint64) ([]uint64, error) {
	if d.toThis != 0 && d.toThis != -1 {
		to = append(to, r.t.types.addr+uint64(int64(d.toThis)))
	}
	var t Type
	t.Size = d.size
	if d.kind == reflect.Interface {
		return to, nil // the types of its methods are no values
	}
	if d.kind == reflect.Struct {
		return r.fieldTypes(d, to)
	}
	if err := r.rest(d, &t); err != nil {
		return to, err
	}
	for _, addr := range []uint64{t.Elem, t.Key} {
		if addr != 0 {
			to = append(to, addr)
		}
	}
	return append(append(to, t.In...), t.Out...), nil
}

// fieldTypes appends the types of fields, without their names.
func (r *typeReader) fieldTypes(d descriptor, to []uint64) ([]uint64, error) {
	w, err := r.words(d.rest, 3)
	if err != nil {
		return to, err
	}
	addr, n, each := w[1], w[2], 3*r.t.ptr
	if n > maxMembers || !r.t.holds(addr, n*each) && n > 0 {
		return to, corrupt("types", "%d fields", n)
	}
	for i := uint64(0); i < n; i++ {
		w, err := r.words(addr+i*each+r.t.ptr, 1)
		if err != nil {
			return to, err
		}
		to = append(to, w[0])
	}
	return to, nil
}

// listed returns the types that the linker lists.
func (r *typeReader) listed() ([]uint64, error) {
	t := r.t
	if t.release >= 27 {
		return r.consecutive()
	}
	if t.typelinks.size == 0 {
		return nil, nil
	}
	if t.typelinks.size/4 > maxTypes || !t.holds(t.typelinks.addr, t.typelinks.size) {
		return nil, corrupt("types", "list of %d bytes", t.typelinks.size)
	}
	list := make([]uint64, t.typelinks.size/4)
	for i := range list {
		b, err := r.win.at(t.typelinks.addr+4*uint64(i), 4)
		if err != nil {
			return nil, &CorruptError{"types", err}
		}
		list[i] = t.types.addr + uint64(t.order.Uint32(b))
	}
	return list, nil
}

// consecutive returns the types that stand one behind the other (runtime/type.go,
// moduleTypelinks, and internal/abi/type.go, DescriptorSize).
func (r *typeReader) consecutive() ([]uint64, error) {
	t, p := r.t, r.t.ptr
	var list []uint64
	end := t.types.addr + min(t.typedesc, t.types.size)
	for at := t.types.addr + p; at < end; {
		at = (at + p - 1) &^ (p - 1)
		d, err := r.descriptor(at)
		if err != nil {
			return nil, err
		}
		if list = append(list, at); len(list) > maxTypes {
			return nil, corrupt("types", "too many")
		}
		size, err := r.descriptorSize(d)
		if err != nil {
			return nil, err
		}
		at += size
	}
	return list, nil
}

// descriptorSize returns how many bytes the description of a type has.
func (r *typeReader) descriptorSize(d descriptor) (uint64, error) {
	t, p := r.t, r.t.ptr
	size := d.rest + d.fixed - d.addr
	if d.uncommon != 0 {
		b, err := r.win.at(d.uncommon, uncommonSize)
		if err != nil {
			return 0, &CorruptError{"types", err}
		}
		size += uncommonSize + 16*uint64(t.order.Uint16(b[4:]))
	}
	n, each := uint64(0), uint64(0)
	switch d.kind {
	case reflect.Struct, reflect.Interface:
		w, err := r.words(d.rest, 3)
		if err != nil {
			return 0, err
		}
		if n, each = w[2], 8; d.kind == reflect.Struct {
			each = 3 * p
		}
	case reflect.Func:
		b, err := r.win.at(d.rest, 4)
		if err != nil {
			return 0, &CorruptError{"types", err}
		}
		n, each = uint64(t.order.Uint16(b))+uint64(t.order.Uint16(b[2:])&(1<<15-1)), p
	}
	if n > 2*maxMembers {
		return 0, corrupt("types", "%d members at %#x", n, d.addr)
	}
	return size + n*each, nil
}
