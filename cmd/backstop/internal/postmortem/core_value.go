package postmortem

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/internal/redact"
)

// value reads the value of a panic, and its text as the runtime prints it
// (runtime/error.go, printpanicval), which is an address for what is neither a text
// nor a number. The runtime has put the text of errors and Stringers in their place
// before it gave up (runtime/panic.go, preprintpanics). The text is not whole where
// memory is missing.
func (c *Core) value(typ, data uint64) (v goproc.Value, text string, whole bool) {
	v, err := c.program.Value(c.file, typ, data)
	if err != nil {
		c.problem("the value of the panic: %v", err)
		return v, fmt.Sprintf("(?) %#x", data), false
	}
	t, err := c.binary.TypeAt(typ - c.program.Bias)
	switch {
	case err != nil: // panic(nil)
	case t.Kind == reflect.String:
		addr, okAddr := c.word(data)
		n, okLen := c.word(data + 8)
		text, okText := c.text(addr, n) // v says that it is cut
		if t.Declared && strings.Contains(t.Name, ".") {
			text = t.Name + `("` + text + `")`
		}
		return v, text, okAddr && okLen && okText
	case t.Kind < reflect.Bool || t.Kind > reflect.Complex128:
		return v, fmt.Sprintf("(%s) %#x", t.Name, data), true
	}
	return v, v.Text, true
}

// raised reads the value that panic was called with, where its text has taken its
// place.
func (c *Core) raised(p *place) (goproc.Value, bool) {
	i, j := p.find("runtime.gopanic")
	if i < 0 {
		return goproc.Value{}, false
	}
	typ, data, ok := c.raisedAt(&p.parts[i].frames[j])
	if !ok {
		return goproc.Value{}, false
	}
	v, err := c.program.Value(c.file, typ, data)
	return v, err == nil
}

// raisedAt finds the two words of a value that is an error or a Stringer. They stand
// where the compiler spills the registers in which gopanic got them, which it need
// not do; so they count only if they are of a type that the runtime asks for its
// text.
func (c *Core) raisedAt(gopanic *goproc.Frame) (typ, data uint64, ok bool) {
	typ, _ = c.word(gopanic.CFA)
	data, ok = c.word(gopanic.CFA + 8)
	t, err := c.binary.TypeAt(typ - c.program.Bias)
	if !ok || err != nil || !t.HasMethod("Error") && !t.HasMethod("String") {
		return 0, 0, false
	}
	return typ, data, true
}

// mask masks what looks like a secret in a value, by itself and as the value of the
// field that it stands in.
func mask(name string, v goproc.Value) goproc.Value {
	v.Text = maskNamed(name, v.Text)
	fields := make([]goproc.Field, len(v.Fields))
	for i, f := range v.Fields {
		fields[i] = goproc.Field{Name: f.Name, Value: mask(f.Name, f.Value)}
	}
	v.Fields = fields
	return v
}

// maskNamed masks what looks like a secret in a text, and all of it when its name
// says that it is one, spaces included.
func maskNamed(name, text string) string {
	if name == "" || text == "" {
		return redact.Text(text)
	}
	head := name + "="
	whole := head + strconv.Quote(text)
	masked := redact.Text(whole)
	if masked == whole {
		return redact.Text(text)
	}
	rest, _ := strings.CutPrefix(masked, head)
	text, err := strconv.Unquote(rest)
	if err != nil {
		return "[redacted]" // the mask took more than the value
	}
	return text
}
