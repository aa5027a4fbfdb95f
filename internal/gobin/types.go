package gobin

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// ErrNoType says that an executable has no type of that name or at that address.
var ErrNoType = errors.New("no such type")

// A Type describes a type of the program, from the tables that reflection uses
// (internal/abi/type.go): executables without symbols have them too. Types that
// the program makes while it runs are not in the file.
type Type struct {
	Addr    uint64 // in the file
	Name    string // as %T prints it, such as "*http.conn"
	PkgPath string // import path of a type that is declared in a package
	Kind    reflect.Kind
	Size    uint64 // of a value, in bytes
	// Declared says that the type has a name of its own, which is what stands
	// behind the last dot of Name.
	Declared bool
	// Direct says that an interface holds the value itself instead of its
	// address.
	Direct bool

	Elem    uint64 // address of the type of elements; of arrays, channels, maps, pointers and slices
	Key     uint64 // of maps
	Len     uint64 // of arrays
	In, Out []uint64
	// Variadic says that the last of In may be given any number of times.
	Variadic bool
	Fields   []StructField
	// Methods are the names of an interface's methods, or of those that values
	// of the type have; exported ones come first.
	Methods []string
}

// A StructField is a field of a struct type.
type StructField struct {
	Name     string
	Type     uint64 // its address
	Offset   uint64 // in bytes
	Embedded bool
}

// HasMethod says whether the type has a method of that name.
func (t *Type) HasMethod(name string) bool {
	for _, m := range t.Methods {
		if m == name {
			return true
		}
	}
	return false
}

const (
	// maxMembers bounds the fields, parameters and methods of one type. The
	// language has no limit; generated code has been seen with some thousand.
	maxMembers = 1 << 16
	// maxNames bounds the bytes of all names of one type.
	maxNames = 4 << 20
)

// Flags of a type (internal/abi/type.go, TFlag).
const (
	typeUncommon  = 1 << 0 // there is a description of its methods
	typeExtraStar = 1 << 1 // the name has a star too many
	typeNamed     = 1 << 2
	typeDirect    = 1 << 5 // from Go 1.26 on; before, of the kind
)

// Flags of a name (internal/abi/type.go, Name).
const (
	nameEmbedded = 1 << 3
)

// uncommonSize is that of abi.UncommonType: package, two counts, where the
// methods are, and a word that is not used.
const uncommonSize = 16

// TypeAt returns the type that is described at an address. The error is
// [ErrNoType] for an address outside the types, a [CorruptError] where what
// stands there makes no sense, and an [UnknownReleaseError] for releases before
// 1.21 or not known here.
func (f *File) TypeAt(addr uint64) (*Type, error) {
	if err := f.knowsTypes(); err != nil {
		return nil, err
	}
	return f.t.typeReader().read(addr)
}

func (f *File) knowsTypes() error {
	if f.t.release < 21 || f.t.release > layouts[0].until {
		return &UnknownReleaseError{f.version, "how its types are described"}
	}
	return nil
}

// Types returns the range of addresses that types are described in, end
// excluded.
func (f *File) Types() (start, end uint64) { return f.t.types.addr, f.t.types.end() }

// Itab returns the type of an interface and the type that implements it, as the
// table at an address says (internal/abi/iface.go, ITab). Tables that the
// program makes while it runs are not in the file.
func (f *File) Itab(addr uint64) (inter, concrete uint64, err error) {
	if err := f.knowsTypes(); err != nil {
		return 0, 0, err
	}
	if !f.t.constant(addr, 2*f.t.ptr) {
		return 0, 0, fmt.Errorf("%w: no interface table at %#x", ErrNoType, addr)
	}
	words, err := f.t.typeReader().words(addr, 2)
	if err != nil {
		return 0, 0, err
	}
	return words[0], words[1], nil
}

// constant says whether an address is in data that is not written once the
// program runs.
func (t *tables) constant(addr, n uint64) bool {
	s, ok := t.segment(addr)
	if !ok || n > s.end()-addr {
		return false
	}
	return !s.writable || s.loader || t.relro.addr <= addr && n <= t.relro.size && addr-t.relro.addr <= t.relro.size-n
}

// A typeReader reads types. It is for one goroutine.
type typeReader struct {
	t     *tables
	win   window
	names window
	left  int // bytes of names that may still be read
}

func (t *tables) typeReader() *typeReader {
	return &typeReader{t: t, win: window{m: t.image}, names: window{m: t.image}, left: maxNames}
}

// words reads n words as the loader leaves them.
func (r *typeReader) words(addr uint64, n uint64) ([]uint64, error) {
	p := r.t.ptr
	b, err := r.win.at(addr, n*p)
	if err != nil {
		return nil, &CorruptError{"types", err}
	}
	words := make([]uint64, n)
	for i := range words {
		if words[i], err = r.t.fix.apply(addr+uint64(i)*p, r.t.word(b[uint64(i)*p:])); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// A descriptor is what all types have in common, and where the rest is.
type descriptor struct {
	addr, size, pointers uint64
	flags, kindBits      byte
	kind                 reflect.Kind
	str, toThis          int32
	rest                 uint64 // address of what the kind adds
	fixed                uint64 // bytes of what the kind adds
	uncommon             uint64 // address; 0 if there is none
}

// descriptor reads the head of a type.
func (r *typeReader) descriptor(addr uint64) (descriptor, error) {
	t, p := r.t, r.t.ptr
	d := descriptor{addr: addr}
	size := 4*p + 16
	if addr < t.types.addr || addr >= t.types.end() || t.types.end()-addr < size || addr%p != 0 {
		return d, fmt.Errorf("%w: %#x is not among the types", ErrNoType, addr)
	}
	b, err := r.win.at(addr, size)
	if err != nil {
		return d, &CorruptError{"types", err}
	}
	d.size, d.pointers = t.word(b), t.word(b[p:])
	d.flags, d.kindBits = b[2*p+4], b[2*p+7]
	d.str, d.toThis = int32(t.order.Uint32(b[4*p+8:])), int32(t.order.Uint32(b[4*p+12:]))
	d.rest = addr + size
	d.kind = reflect.Kind(d.kindBits & 31)
	if d.kind == reflect.Invalid || d.kind > reflect.UnsafePointer || d.pointers > d.size {
		return d, corrupt("types", "kind %d at %#x", d.kindBits, addr)
	}
	d.fixed = t.kindSize(d.kind)
	if d.flags&typeUncommon != 0 {
		d.uncommon = d.rest + d.fixed
	}
	return d, nil
}

// kindSize returns how many bytes a kind adds to a description.
func (t *tables) kindSize(kind reflect.Kind) uint64 {
	p := t.ptr
	switch kind {
	case reflect.Pointer, reflect.Slice:
		return p
	case reflect.Chan:
		return 2 * p
	case reflect.Func:
		return p // two numbers of 16 bits, and padding
	case reflect.Array:
		return 3 * p
	case reflect.Interface, reflect.Struct:
		return 4 * p
	case reflect.Map:
		switch {
		case t.release >= 27:
			return 11 * p
		case t.release >= 24 && !t.oldMaps:
			return 8 * p
		default:
			return 4*p + 8
		}
	default:
		return 0
	}
}

// direct says whether interfaces hold the value itself.
func (r *typeReader) direct(d descriptor) bool {
	if r.t.release >= 26 {
		return d.flags&typeDirect != 0
	}
	return d.kindBits&typeDirect != 0
}

// read reads all of a type.
func (r *typeReader) read(addr uint64) (*Type, error) {
	d, err := r.descriptor(addr)
	if err != nil {
		return nil, err
	}
	t := &Type{Addr: addr, Kind: d.kind, Size: d.size, Declared: d.flags&typeNamed != 0, Direct: r.direct(d)}
	if t.Name, err = r.string(d); err != nil {
		return nil, err
	}
	if t.PkgPath, err = r.pkgPath(d); err != nil {
		return nil, err
	}
	if err := r.rest(d, t); err != nil {
		return nil, err
	}
	if d.uncommon != 0 && d.kind != reflect.Interface {
		if t.Methods, err = r.methods(d); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// string returns the name of a type as %T prints it.
func (r *typeReader) string(d descriptor) (string, error) {
	s, _, err := r.nameAt(r.t.types.addr + uint64(int64(d.str)))
	if d.flags&typeExtraStar != 0 {
		s = strings.TrimPrefix(s, "*")
	}
	return s, err
}

// pkgPath returns the import path that a type belongs to.
func (r *typeReader) pkgPath(d descriptor) (string, error) {
	if d.uncommon == 0 {
		return "", nil
	}
	b, err := r.win.at(d.uncommon, 4)
	if err != nil {
		return "", &CorruptError{"types", err}
	}
	off := int32(r.t.order.Uint32(b))
	if off == 0 {
		return "", nil
	}
	s, _, err := r.nameAt(r.t.types.addr + uint64(int64(off)))
	return s, err
}

// rest reads what the kind adds.
func (r *typeReader) rest(d descriptor, t *Type) error {
	if d.kind == reflect.Func {
		return r.signature(d, t)
	}
	n := d.fixed / r.t.ptr
	if n > 4 {
		n = 4 // of maps, key and element matter
	}
	if n == 0 {
		return nil
	}
	w, err := r.words(d.rest, n)
	if err != nil {
		return err
	}
	switch d.kind {
	case reflect.Pointer, reflect.Slice, reflect.Chan:
		t.Elem = w[0]
	case reflect.Array:
		t.Elem, t.Len = w[0], w[2]
	case reflect.Map:
		t.Key, t.Elem = w[0], w[1]
	case reflect.Struct:
		return r.fields(w[1], w[2], t)
	case reflect.Interface:
		t.Methods, err = r.interfaceMethods(w[1], w[2])
	}
	return err
}

// fields reads the n fields at addr.
func (r *typeReader) fields(addr, n uint64, t *Type) error {
	if n > maxMembers || !r.t.holds(addr, n*3*r.t.ptr) && n > 0 {
		return corrupt("types", "%d fields", n)
	}
	t.Fields = make([]StructField, n)
	for i := range t.Fields {
		w, err := r.words(addr+uint64(i)*3*r.t.ptr, 3)
		if err != nil {
			return err
		}
		name, flags, err := r.nameAt(w[0])
		if err != nil {
			return err
		}
		if w[2] > t.Size {
			return corrupt("types", "field at offset %d of %d bytes", w[2], t.Size)
		}
		t.Fields[i] = StructField{name, w[1], w[2], flags&nameEmbedded != 0}
	}
	return nil
}

// interfaceMethods reads the names of the n methods at addr.
func (r *typeReader) interfaceMethods(addr, n uint64) ([]string, error) {
	if n > maxMembers || !r.t.holds(addr, n*8) && n > 0 {
		return nil, corrupt("types", "%d methods", n)
	}
	return r.methodNames(addr, n, 8)
}

// methods reads the names of a type's methods.
func (r *typeReader) methods(d descriptor) ([]string, error) {
	b, err := r.win.at(d.uncommon, uncommonSize)
	if err != nil {
		return nil, &CorruptError{"types", err}
	}
	n, addr := uint64(r.t.order.Uint16(b[4:])), d.uncommon+uint64(r.t.order.Uint32(b[8:]))
	if n > 0 && !r.t.holds(addr, n*16) {
		return nil, corrupt("types", "%d methods", n)
	}
	return r.methodNames(addr, n, 16)
}

// methodNames reads the names at the beginning of n records of some size.
func (r *typeReader) methodNames(addr, n, size uint64) ([]string, error) {
	names := make([]string, n)
	for i := range names {
		b, err := r.win.at(addr+uint64(i)*size, 4)
		if err != nil {
			return nil, &CorruptError{"types", err}
		}
		off := int32(r.t.order.Uint32(b))
		if names[i], _, err = r.nameAt(r.t.types.addr + uint64(int64(off))); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// signature reads the parameters and results of a function type: they stand
// behind its methods' description.
func (r *typeReader) signature(d descriptor, t *Type) error {
	b, err := r.win.at(d.rest, 4)
	if err != nil {
		return &CorruptError{"types", err}
	}
	in, out := uint64(r.t.order.Uint16(b)), uint64(r.t.order.Uint16(b[2:]))
	t.Variadic = out&(1<<15) != 0
	out &= 1<<15 - 1
	at := d.rest + d.fixed
	if d.uncommon != 0 {
		at += uncommonSize
	}
	if in+out > 0 && !r.t.holds(at, (in+out)*r.t.ptr) {
		return corrupt("types", "function of %d parameters", in+out)
	}
	for i := uint64(0); i < in+out; i++ {
		w, err := r.words(at+i*r.t.ptr, 1)
		if err != nil {
			return err
		}
		if i < in {
			t.In = append(t.In, w[0])
		} else {
			t.Out = append(t.Out, w[0])
		}
	}
	return nil
}

// nameAt reads a name (internal/abi/type.go, Name): flags, a length, the text.
func (r *typeReader) nameAt(addr uint64) (name string, flags byte, err error) {
	b, err := r.names.from(addr, 64)
	if err != nil {
		return "", 0, &CorruptError{"names of types", err}
	}
	if len(b) < 2 {
		return "", 0, corrupt("names of types", "it ends at %#x", addr)
	}
	flags = b[0]
	n, k := binary.Uvarint(b[1:min(len(b), 1+binary.MaxVarintLen32)])
	if k <= 0 || n > maxName {
		return "", 0, corrupt("names of types", "length at %#x", addr)
	}
	if r.left -= int(n); r.left < 0 {
		return "", 0, corrupt("names of types", "more than %d bytes of one type", maxNames)
	}
	head := uint64(1 + k)
	if uint64(len(b)) < head+n {
		if b, err = r.names.at(addr, head+n); err != nil {
			return "", 0, &CorruptError{"names of types", err}
		}
	}
	return string(b[head : head+n]), flags, nil
}
