package goproc

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/internal/gobin"
)

// hasSetting says whether a list such as GODEBUG's has an item.
func hasSetting(list, item string) bool {
	for _, s := range strings.Split(list, ",") {
		if s == item {
			return true
		}
	}
	return false
}

// nilText is what PanicNilError says (runtime/panic.go).
func (p *Program) nilText() string {
	if p.minor() >= 27 {
		return "runtime error: panic called with nil argument"
	}
	return "panic called with nil argument"
}

// A teller returns what the Error or String method of a type returns, from the
// fields of a value; ok is false when some of them are missing.
type teller func(r *valueReader, c *content, depth int) (text string, ok bool)

// tellers are types of the standard library whose text needs no code of the
// program, by import path and name.
var tellers map[string]teller

func init() { // tellers call each other
	tellers = map[string]teller{
		"runtime.errorString":                  func(r *valueReader, c *content, _ int) (string, bool) { return r.ownText(c, "runtime error: ") },
		"runtime.plainError":                   func(r *valueReader, c *content, _ int) (string, bool) { return r.ownText(c, "") },
		"runtime.errorAddressString":           fieldText("runtime error: ", "msg"),
		"runtime.synctestDeadlockError":        fieldText("", "reason"),
		"runtime.boundsError":                  boundsOf,
		"*runtime.TypeAssertionError":          assertionOf,
		"*runtime.PanicNilError":               func(r *valueReader, _ *content, _ int) (string, bool) { return r.p.nilText(), true },
		"*errors.errorString":                  fieldText("", "s"),
		"*errors.joinError":                    joined,
		"*fmt.wrapError":                       fieldText("", "msg"),
		"*fmt.wrapErrors":                      fieldText("", "msg"),
		"*io/fs.PathError":                     sentence("{Op} {Path}: {Err}"),
		"*os.LinkError":                        sentence("{Op} {Old} {New}: {Err}"),
		"*os.SyscallError":                     sentence("{Syscall}: {Err}"),
		"*os/exec.Error":                       sentence("exec: {'Name}: {Err}"),
		"*net/url.Error":                       sentence("{Op} {'URL}: {Err}"),
		"*strconv.NumError":                    sentence("strconv.{Func}: parsing {'Num}: {Err}"),
		"*reflect.ValueError":                  reflectValue,
		"context.deadlineExceededError":        func(*valueReader, *content, int) (string, bool) { return "context deadline exceeded", true },
		"syscall.Errno":                        errno,
		"time.Duration":                        duration,
		"*internal/poll.DeadlineExceededError": func(*valueReader, *content, int) (string, bool) { return "i/o timeout", true },
	}
}

// known returns what a method of the value would say, where that is known.
func (r *valueReader) known(c *content, depth int) (string, bool) {
	tell := tellers[r.qualified(c.typ)]
	if tell == nil || depth > maxDepth {
		return "", false
	}
	return tell(r, c, depth)
}

// qualified returns the name of a type, or of what it points to, with the import
// path in place of the name of the package.
func (r *valueReader) qualified(t *gobin.Type) string {
	star := ""
	if t.Kind == reflect.Pointer && !t.Declared {
		elem, err := r.p.File.TypeAt(t.Elem)
		if err != nil {
			return ""
		}
		star, t = "*", elem
	}
	if t.PkgPath == "" || !t.Declared {
		return ""
	}
	return star + t.PkgPath + "." + t.Name[strings.LastIndexByte(t.Name, '.')+1:]
}

// ownText is the text of a type that is a string.
func (r *valueReader) ownText(c *content, prefix string) (string, bool) {
	text, cut := r.text(c)
	return prefix + text, !cut
}

// structOf returns the struct that a value is or points to.
func (r *valueReader) structOf(c *content) (content, bool) {
	if c.typ.Kind != reflect.Pointer {
		return *c, c.typ.Kind == reflect.Struct
	}
	addr, ok := c.at(0)
	t, err := r.p.File.TypeAt(c.typ.Elem)
	if !ok || addr == 0 || err != nil || t.Kind != reflect.Struct {
		return content{}, false
	}
	return r.stored(t, addr), true
}

// named returns a field of the struct that a value is or points to.
func (r *valueReader) named(c *content, name string) (content, bool) {
	s, ok := r.structOf(c)
	if !ok {
		return content{}, false
	}
	for _, f := range s.typ.Fields {
		if f.Name == name {
			return r.field(&s, f.Type, f.Offset)
		}
	}
	return content{}, false
}

// fieldText is a method that returns a field that is a string.
func fieldText(prefix, field string) teller {
	return func(r *valueReader, c *content, _ int) (string, bool) {
		f, ok := r.named(c, field)
		if !ok || f.typ.Kind != reflect.String {
			return "", false
		}
		return r.ownText(&f, prefix)
	}
}

// sentence is a method that puts fields into a sentence: strings, quoted where
// the name has a quote, and errors.
func sentence(form string) teller {
	return func(r *valueReader, c *content, depth int) (string, bool) {
		var b strings.Builder
		for rest := form; ; {
			before, name, more := strings.Cut(rest, "{")
			if b.WriteString(before); !more {
				return b.String(), true
			}
			name, rest, _ = strings.Cut(name, "}")
			name, quoted := strings.CutPrefix(name, "'")
			f, ok := r.named(c, name)
			if !ok {
				return "", false
			}
			text, ok := r.said(&f, depth+1)
			if !ok {
				return "", false
			}
			if quoted {
				text = strconv.Quote(text)
			}
			b.WriteString(text)
		}
	}
}

// said returns the text of a string or of an error.
func (r *valueReader) said(c *content, depth int) (string, bool) {
	if r.values--; r.values < 0 || depth > maxDepth {
		return "", false
	}
	switch c.typ.Kind {
	case reflect.String:
		return r.ownText(c, "")
	case reflect.Interface:
		word, ok := c.at(0)
		data, ok2 := c.at(8)
		if !ok || !ok2 || word == 0 {
			return "", false
		}
		t, err := r.dynamicType(c.typ, word)
		if err != nil {
			return "", false
		}
		inner := r.inInterface(t, data)
		return r.known(&inner, depth)
	default:
		return "", false
	}
}

// joined is what errors.Join made.
func joined(r *valueReader, c *content, depth int) (string, bool) {
	errs, ok := r.named(c, "errs")
	if !ok || errs.typ.Kind != reflect.Slice {
		return "", false
	}
	addr, ok := errs.at(0)
	n, ok2 := errs.at(8)
	t, err := r.p.File.TypeAt(errs.typ.Elem)
	if !ok || !ok2 || err != nil || n == 0 || n > maxFields {
		return "", false
	}
	texts := make([]string, n)
	for i := range texts {
		e := r.stored(t, addr+uint64(i)*t.Size)
		if texts[i], ok = r.said(&e, depth+1); !ok {
			return "", false
		}
	}
	return strings.Join(texts, "\n"), true
}

// integer returns a field that is a number or a bool.
func (r *valueReader) integer(c *content, name string) (uint64, bool) {
	f, ok := r.named(c, name)
	if !ok || !f.whole() || f.typ.Size > 8 {
		return 0, false
	}
	n := uint64(0)
	for i := int(f.typ.Size) - 1; i >= 0; i-- {
		n = n<<8 | uint64(f.bytes[i])
	}
	return n, true
}

func boundsOf(r *valueReader, c *content, _ int) (string, bool) {
	x, ok := r.integer(c, "x")
	y, ok2 := r.integer(c, "y")
	signed, ok3 := r.integer(c, "signed")
	code, ok4 := r.integer(c, "code")
	if !ok || !ok2 || !ok3 || !ok4 {
		return "", false
	}
	return boundsText(int64(x), int64(y), signed != 0, uint8(code))
}

func assertionOf(r *valueReader, c *content, _ int) (string, bool) {
	var types [3]*gobin.Type
	for i, name := range []string{"_interface", "concrete", "asserted"} {
		addr, ok := r.integer(c, name)
		if !ok {
			return "", false
		}
		if addr == 0 {
			continue
		}
		t, err := r.p.File.TypeAt(addr - r.p.Bias)
		if err != nil {
			return "", false
		}
		types[i] = t
	}
	f, ok := r.named(c, "missingMethod")
	if !ok || types[2] == nil {
		return "", false
	}
	missing, cut := r.text(&f)
	return assertionText(types[0], types[1], types[2], missing), !cut
}

// reflectValue is a method of reflect.Value that was called on a value of
// another kind (reflect/value.go, ValueError).
func reflectValue(r *valueReader, c *content, _ int) (string, bool) {
	f, ok := r.named(c, "Method")
	kind, ok2 := r.integer(c, "Kind")
	if !ok || !ok2 {
		return "", false
	}
	method, cut := r.text(&f)
	if kind == 0 {
		return "reflect: call of " + method + " on zero Value", !cut
	}
	return "reflect: call of " + method + " on " + reflect.Kind(kind).String() + " Value", !cut
}

// errno is an error of the system, by the names of the system that this runs on:
// the program's is the same.
func errno(r *valueReader, c *content, _ int) (string, bool) {
	n, ok := c.at(0)
	if !ok || runtime.GOOS != "linux" || r.p.File.Format() != "elf" {
		return "", false
	}
	return syscall.Errno(n).Error(), true
}

func duration(_ *valueReader, c *content, _ int) (string, bool) {
	n, ok := c.at(0)
	return time.Duration(n).String(), ok
}
