package postmortem

import (
	"reflect"

	"github.com/backstop-go/backstop/internal/gobin"
)

// Kinds of fields, by the names that are needed.
const (
	kindBool      = reflect.Bool
	kindInt       = reflect.Int
	kindUint32    = reflect.Uint32
	kindUint64    = reflect.Uint64
	kindInt64     = reflect.Int64
	kindString    = reflect.String
	kindMap       = reflect.Map
	kindPointer   = reflect.Pointer
	kindUnsafe    = reflect.UnsafePointer
	kindStruct    = reflect.Struct
	kindSlice     = reflect.Slice
	kindInterface = reflect.Interface
	kindFunc      = reflect.Func
)

// A fieldFinder looks up fields and remembers what is missing.
type fieldFinder struct {
	file    *gobin.File
	bias    uint64
	missing string
}

func (t *taken) fields() *fieldFinder {
	return &fieldFinder{file: t.im.Program.File, bias: t.im.Program.Bias}
}

func (f *fieldFinder) lacks(name string) {
	if f.missing == "" {
		f.missing = name
	}
}

// structNamed returns a struct type of a package, one without fields when there
// is none.
func (f *fieldFinder) structNamed(name string) *gobin.Type {
	t, err := f.file.TypeNamed(name)
	if err != nil || t.Kind != reflect.Struct {
		f.lacks(name)
		return &gobin.Type{}
	}
	return t
}

// address returns where a type is described in memory, by which values in
// interfaces are known; 0 when the program has none of that name.
func (f *fieldFinder) address(name string) uint64 {
	t, err := f.file.TypeNamed(name)
	if err != nil {
		return 0
	}
	return t.Addr + f.bias
}

// field returns a field of a struct, and its type.
func (f *fieldFinder) field(t *gobin.Type, name string) (offset uint64, of *gobin.Type, ok bool) {
	for _, field := range t.Fields {
		if field.Name != name {
			continue
		}
		of, err := f.file.TypeAt(field.Type)
		return field.Offset, of, err == nil
	}
	return 0, nil, false
}

// offset returns where a field is. kind is that of its type; of a struct, such as
// those of sync/atomic, it is the field v within.
func (f *fieldFinder) offset(t *gobin.Type, name string, kind reflect.Kind) (offset uint64, ok bool) {
	at, of, ok := f.field(t, name)
	switch {
	case !ok:
		return 0, false
	case of.Kind == reflect.Struct && kind != reflect.Struct:
		within, ok := f.offset(of, "v", kind)
		return at + within, ok
	}
	return at, of.Kind == kind
}

// must is offset for a field without which nothing works.
func (f *fieldFinder) must(t *gobin.Type, name string, kind reflect.Kind) uint64 {
	offset, ok := f.offset(t, name, kind)
	if !ok {
		f.lacks(t.Name + "." + name)
	}
	return offset
}

// dynamic returns the address of the type that an interface with methods at an
// address holds, and the data word; 0 for none (internal/abi/iface.go, ITab).
func (c *cache) dynamic(addr uint64) (typ, data uint64) {
	table := c.word(addr)
	if !pointer(table) {
		return 0, 0
	}
	return c.word(table + 8), c.word(addr + 8)
}
