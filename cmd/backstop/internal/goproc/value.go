package goproc

import (
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"strconv"

	"github.com/backstop-go/backstop/internal/gobin"
)

// Bounds of one value. What is beyond them is cut.
const (
	maxDepth    = 4   // of fields within fields, and of pointers that are followed
	maxValues   = 256 // in all
	maxFields   = 64  // of one struct
	maxElements = 8   // of one slice or array
	maxTexts    = 128 << 10
	maxValue    = 16 << 10 // bytes of one value that are read
)

// Value reads the value of an interface, as its two words are: the address of
// its type, and the data word. The type of Text is described at [Value]; fields,
// what pointers in them point to, and the values of interfaces are read to a
// small depth. What is not there makes the value Cut; an error is returned only
// when nothing is known but the address of the type, as for types that the
// program made while it ran.
//
// Type 0 is panic(nil): from Go 1.21 on, gopanic makes a *runtime.PanicNilError
// of it, unless the module was written for an older release.
func (p *Program) Value(mem io.ReaderAt, typ, data uint64) (Value, error) {
	if p.File.PointerSize() != 8 {
		return Value{}, fmt.Errorf("values of %s cannot be read", p.File.Arch())
	}
	r := &valueReader{p: p, mem: mem, values: maxValues, texts: maxTexts}
	if typ == 0 {
		if p.allowsNil() {
			return Value{Type: "<nil>", Text: "nil"}, nil
		}
		return Value{Type: "*runtime.PanicNilError", Text: p.nilText()}, nil
	}
	t, err := p.File.TypeAt(typ - p.Bias)
	if err != nil {
		return Value{Cut: true}, fmt.Errorf("type of the value: %w", err)
	}
	return r.value(r.inInterface(t, data), 0, true), nil
}

// A content is a value in memory: its bytes as far as they are there, and where
// they stand. The address is 0 for what an interface holds directly.
type content struct {
	typ   *gobin.Type
	addr  uint64
	bytes []byte
	word  uint64 // data word of the interface it was found in
}

// whole says whether all bytes are there.
func (c *content) whole() bool { return uint64(len(c.bytes)) >= c.typ.Size }

// at returns the word at an offset, and whether it is there.
func (c *content) at(offset uint64) (uint64, bool) {
	if n := uint64(len(c.bytes)); offset > n || n-offset < 8 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(c.bytes[offset:]), true
}

// A valueReader reads one value.
type valueReader struct {
	p      *Program
	mem    io.ReaderAt
	values int // how many more may be read
	texts  int // and bytes of strings
}

// inInterface returns what an interface with that data word holds.
func (r *valueReader) inInterface(t *gobin.Type, data uint64) content {
	if t.Direct {
		return content{typ: t, bytes: binary.LittleEndian.AppendUint64(nil, data), word: data}
	}
	c := r.stored(t, data)
	c.word = data
	return c
}

// stored returns the value of a type at an address.
func (r *valueReader) stored(t *gobin.Type, addr uint64) content {
	return content{typ: t, addr: addr, bytes: r.p.bytes(r.mem, addr, min(t.Size, maxValue))}
}

// field returns a part of a value.
func (r *valueReader) field(c *content, typ, offset uint64) (content, bool) {
	t, err := r.p.File.TypeAt(typ)
	if err != nil {
		return content{}, false
	}
	n := uint64(len(c.bytes))
	part := content{typ: t, bytes: c.bytes[min(offset, n):min(max(offset, offset+t.Size), n)]}
	if c.addr != 0 {
		part.addr = c.addr + offset
	}
	if !part.whole() && part.addr != 0 && n >= maxValue {
		part = r.stored(t, part.addr) // behind what is read at once
	}
	return part, true
}

// value reads a value. The outermost one is printed as the runtime prints what
// was panicked with; others as fields of it.
func (r *valueReader) value(c content, depth int, outermost bool) Value {
	v := Value{Type: c.typ.Name}
	if r.values--; r.values < 0 {
		v.Cut = true
		return v
	}
	if c.typ.Kind == reflect.Interface {
		return r.dynamic(c, depth)
	}
	if text, ok := r.known(&c, depth); ok {
		v.Text = text
	} else if word, ok := c.at(0); ok && word == 0 && c.typ.Direct && !outermost {
		v.Text = "nil"
		return v
	} else if says := c.typ.HasMethod("Error") || c.typ.HasMethod("String"); !says {
		v.Text, v.Cut = r.printed(&c, outermost)
	} else if text, cut, ok := r.basic(&c); ok {
		// What its method says is not known, but what it says it of.
		v.Cut = cut
		v.Fields = []Field{{c.typ.Kind.String(), Value{Type: c.typ.Kind.String(), Text: text, Cut: cut}}}
		return v
	}
	r.parts(&v, &c, depth)
	return v
}

// dynamic reads the value of an interface.
func (r *valueReader) dynamic(c content, depth int) Value {
	v := Value{Type: c.typ.Name}
	first, ok := c.at(0)
	data, ok2 := c.at(8)
	switch {
	case !ok || !ok2:
		v.Cut = true
		return v
	case first == 0:
		v.Text = "nil"
		return v
	}
	t, err := r.dynamicType(c.typ, first)
	if err != nil || depth >= maxDepth {
		if v.Cut = true; err == nil {
			v.Type = t.Name
		}
		return v
	}
	return r.value(r.inInterface(t, data), depth, false)
}

// dynamicType returns the type of the value in an interface by its first word:
// that of a type, or where the interface has methods that of a table.
func (r *valueReader) dynamicType(inter *gobin.Type, word uint64) (*gobin.Type, error) {
	if len(inter.Methods) == 0 {
		return r.p.File.TypeAt(word - r.p.Bias)
	}
	// A table holds the interface, then the type (internal/abi/iface.go, ITab).
	if b := r.p.bytes(r.mem, word+8, 8); len(b) == 8 {
		if t, err := r.p.File.TypeAt(binary.LittleEndian.Uint64(b) - r.p.Bias); err == nil {
			return t, nil
		}
	}
	_, concrete, err := r.p.File.Itab(word - r.p.Bias)
	if err != nil {
		return nil, err
	}
	return r.p.File.TypeAt(concrete)
}

// parts reads the fields of a struct, what a pointer points to, and some of the
// elements of arrays and slices.
func (r *valueReader) parts(v *Value, c *content, depth int) {
	switch c.typ.Kind {
	case reflect.Pointer:
		r.pointed(v, c, depth)
	case reflect.Struct:
		r.fields(v, c, depth)
	case reflect.Array:
		r.elements(v, c, 0, c.typ.Len, depth)
	case reflect.Slice:
		addr, ok := c.at(0)
		n, ok2 := c.at(8)
		if v.Cut = v.Cut || !ok || !ok2; !v.Cut && addr != 0 {
			r.elements(v, c, addr, n, depth)
		}
	}
}

// pointed reads the fields of the struct that a pointer points to.
func (r *valueReader) pointed(v *Value, c *content, depth int) {
	addr, ok := c.at(0)
	if !ok {
		v.Cut = true
	}
	if addr == 0 || !ok {
		return
	}
	t, err := r.p.File.TypeAt(c.typ.Elem)
	if err != nil || t.Kind != reflect.Struct {
		return
	}
	if depth >= maxDepth {
		v.Cut = true
		return
	}
	to := r.stored(t, addr)
	r.fields(v, &to, depth)
}

// fields reads the fields of a struct.
func (r *valueReader) fields(v *Value, c *content, depth int) {
	for i, f := range c.typ.Fields {
		if f.Name == "_" {
			continue
		}
		part, ok := r.field(c, f.Type, f.Offset)
		if !ok || i >= maxFields || r.values <= 0 || depth >= maxDepth {
			v.Cut = true
			return
		}
		r.add(v, f.Name, r.value(part, depth+1, false))
	}
}

// elements reads some elements of an array, or of a slice whose array is at an
// address.
func (r *valueReader) elements(v *Value, c *content, addr, n uint64, depth int) {
	t, err := r.p.File.TypeAt(c.typ.Elem)
	if err != nil || t.Kind == reflect.Uint8 || n == 0 {
		return // bytes are seldom of interest
	}
	for i := uint64(0); i < n; i++ {
		if i >= maxElements || r.values <= 0 || depth >= maxDepth {
			v.Cut = true
			return
		}
		var part content
		if addr != 0 {
			part = r.stored(t, addr+i*t.Size)
		} else {
			part, _ = r.field(c, c.typ.Elem, i*t.Size)
		}
		if part.typ == nil {
			v.Cut = true
			return
		}
		r.add(v, strconv.FormatUint(i, 10), r.value(part, depth+1, false))
	}
}

// add adds a field; what is missing in it is missing in the value.
func (r *valueReader) add(v *Value, name string, field Value) {
	v.Fields = append(v.Fields, Field{name, field})
	v.Cut = v.Cut || field.Cut
}

// printed returns what the runtime prints of a value without calling its methods
// (runtime/error.go, printpanicval and printanycustomtype).
func (r *valueReader) printed(c *content, outermost bool) (text string, cut bool) {
	if text, cut, ok := r.basic(c); ok {
		if c.typ.Name == c.typ.Kind.String() || cut && text == "" {
			return text, cut
		}
		switch c.typ.Kind {
		case reflect.String:
			return c.typ.Name + `("` + text + `")`, cut
		case reflect.Complex64, reflect.Complex128:
			return c.typ.Name + text, cut
		default:
			return c.typ.Name + "(" + text + ")", cut
		}
	}
	switch word, ok := c.at(0); {
	case outermost:
		return "(" + c.typ.Name + ") " + address(c.word), !c.whole()
	case c.typ.Size != 8 || c.typ.Kind == reflect.Struct || c.typ.Kind == reflect.Array:
		return "", false // its fields tell
	default:
		return "(" + c.typ.Name + ") " + address(word), !ok
	}
}

func address(word uint64) string { return "0x" + strconv.FormatUint(word, 16) }

// basic returns what print writes of a value of a basic kind; ok is false for
// others.
func (r *valueReader) basic(c *content) (text string, cut, ok bool) {
	switch kind := c.typ.Kind; kind {
	case reflect.String:
		text, cut = r.text(c)
		return text, cut, true
	case reflect.Complex64, reflect.Complex128:
		if !c.whole() {
			return "", true, true
		}
		return r.p.complex(c.bytes[:c.typ.Size]), false, true
	default:
		if kind > reflect.Float64 || c.typ.Size > 8 {
			return "", false, false
		}
		if !c.whole() {
			return "", true, true
		}
		return r.p.number(kind, c.bytes[:c.typ.Size]), false, true
	}
}

// text returns a string by its header.
func (r *valueReader) text(c *content) (text string, cut bool) {
	addr, ok := c.at(0)
	n, ok2 := c.at(8)
	if !ok || !ok2 {
		return "", true
	}
	b := r.p.bytes(r.mem, addr, min(n, maxText, uint64(max(r.texts, 0))))
	r.texts -= len(b)
	return string(b), uint64(len(b)) < n
}

// allowsNil says whether the program was built so that panic(nil) stays nil: the
// main module was written for a release before 1.21 (internal/godebugs). What
// GODEBUG was set to when it was started is not looked at.
func (p *Program) allowsNil() bool {
	info, err := p.File.BuildInfo()
	if err != nil {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "DefaultGODEBUG" && hasSetting(s.Value, "panicnil=1") {
			return true
		}
	}
	return false
}
