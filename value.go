package backstop

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/backstop-go/backstop/internal/redact"
)

// maxText bounds the text of a panic value, in bytes.
const maxText = 8 << 10

// describe returns the type and the text of a panic value. The text is what the
// runtime would print after "panic: " (runtime/panic.go, preprintpanics and
// printpanicval; runtime/error.go, printanycustomtype), so that guards and
// readers of tracebacks agree on it, cut to twice what is sent. Error and String are the program's methods
// and may panic; the runtime would die of that, we say so.
func describe(v any) (typ, text string) {
	defer func() {
		if recover() != nil {
			text = "panic while printing panic value: type " + typ
		}
	}()
	typ = reflect.TypeOf(v).String()
	switch x := v.(type) {
	case error:
		text = x.Error()
	case interface{ String() string }:
		text = x.String()
	case string:
		text = x
	default:
		text = printed(v, typ)
	}
	return typ, bound(text, 2*maxText)
}

// redacted is what may leave the process of the text of a panic. It is cut last:
// half a secret cannot be told for one.
func (a *agent) redacted(s string) string {
	if !a.options.SendValues {
		s = redact.Text(s)
	}
	if a.options.Redact != nil {
		s = redact.Call(a.options.Redact, s)
	}
	return bound(s, maxText)
}

// bound cuts a text to limit bytes and mends its UTF-8.
func bound(s string, limit int) string {
	if len(s) > limit {
		end := limit
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + "..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// printed formats what is neither an error nor a Stringer nor a string as the
// runtime's print does: predeclared types bare, types based on them as T(x),
// others as their type and address.
func printed(v any, typ string) string {
	rv := reflect.ValueOf(v)
	var text string
	switch rv.Kind() {
	case reflect.Bool:
		text = strconv.FormatBool(rv.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		text = strconv.FormatInt(rv.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		text = strconv.FormatUint(rv.Uint(), 10)
	case reflect.Float32:
		text = printedFloat(rv.Float(), 32)
	case reflect.Float64:
		text = printedFloat(rv.Float(), 64)
	case reflect.Complex64:
		text = printedComplex(rv.Complex(), 64)
	case reflect.Complex128:
		text = printedComplex(rv.Complex(), 128)
	case reflect.String:
		text = `"` + bound(rv.String(), 2*maxText) + `"`
	default:
		// The second word of an interface is the value's address, or the value
		// itself where that is a pointer.
		words := (*[2]uintptr)(unsafe.Pointer(&v))
		return "(" + typ + ") 0x" + strconv.FormatUint(uint64(words[1]), 16)
	}
	switch {
	case rv.Type().PkgPath() == "":
		return text
	case rv.Kind() == reflect.Complex64 || rv.Kind() == reflect.Complex128:
		return typ + text // complex numbers bring their own parentheses
	}
	return typ + "(" + text + ")"
}
