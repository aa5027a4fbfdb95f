package postmortem

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/internal/redact"
)

// value reads the value of a panic. The runtime has put the text of errors and
// Stringers in their place before it gave up (runtime/panic.go, preprintpanics).
func (c *Core) value(typ, data uint64) goproc.Value {
	if typ == 0 {
		return goproc.Value{Type: "nil", Text: "nil"}
	}
	t, err := c.binary.TypeAt(typ - c.program.Bias)
	if err != nil {
		return goproc.Value{Text: fmt.Sprintf("(?) %#x", data), Cut: true}
	}
	v := goproc.Value{Type: t.Name}
	named := t.Declared && strings.Contains(t.Name, ".")
	switch {
	case t.Kind == reflect.String:
		addr, _ := c.word(data)
		n, _ := c.word(data + 8)
		text, whole := c.text(addr, n)
		v.Text, v.Cut = text, !whole
		if named {
			v.Text = fmt.Sprintf("%s(\"%s\")", t.Name, text)
		}
	case reflect.Bool <= t.Kind && t.Kind <= reflect.Uintptr:
		v.Text = c.number(t.Kind, data)
		if named {
			v.Text = t.Name + "(" + v.Text + ")"
		}
	default:
		v.Text = fmt.Sprintf("(%s) %#x", t.Name, data)
	}
	return v
}

// number reads a truth value or a whole number.
func (c *Core) number(kind reflect.Kind, addr uint64) string {
	var b [8]byte
	n, _ := c.file.ReadAt(b[:], int64(addr)) // missing bytes are zero
	word := binary.LittleEndian.Uint64(b[:])
	if n == 0 {
		return "?"
	}
	switch kind {
	case reflect.Bool:
		return fmt.Sprint(byte(word) != 0)
	case reflect.Int, reflect.Int64:
		return fmt.Sprint(int64(word))
	case reflect.Int8:
		return fmt.Sprint(int8(word))
	case reflect.Int16:
		return fmt.Sprint(int16(word))
	case reflect.Int32:
		return fmt.Sprint(int32(word))
	case reflect.Uint8:
		return fmt.Sprint(uint8(word))
	case reflect.Uint16:
		return fmt.Sprint(uint16(word))
	case reflect.Uint32:
		return fmt.Sprint(uint32(word))
	}
	return fmt.Sprint(word)
}

// mask masks what looks like a secret in a value, by itself and as the value of the
// field that it stands in.
func mask(name string, v goproc.Value) goproc.Value {
	v.Text = redact.Text(v.Text)
	if head := name + ": "; name != "" {
		if rest, ok := strings.CutPrefix(redact.Text(head+v.Text), head); ok {
			v.Text = rest
		}
	}
	fields := make([]goproc.Field, len(v.Fields))
	for i, f := range v.Fields {
		fields[i] = goproc.Field{Name: f.Name, Value: mask(f.Name, f.Value)}
	}
	v.Fields = fields
	return v
}
