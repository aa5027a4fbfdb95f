package crash

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// maxValue bounds the text of a value that has no text of its own, in bytes.
const maxValue = 1 << 10

// ValueText returns what the runtime would print after "panic: " for a value
// (runtime/error.go, printpanicval), so that the report of a guard and the
// traceback of the same panic carry the same message. For values the runtime
// prints as a type and an address it returns the type and the contents.
//
// It calls the value's Error or String method, as the runtime does. A panic in
// there is recovered and named in the text. The text is valid UTF-8, as that of
// a parsed message is.
func ValueText(v any) string { return strings.ToValidUTF8(valueText(v), "\uFFFD") }

func valueText(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("(%T) whose text cannot be had: its method panics", v)
		}
	}()
	switch v := v.(type) {
	case nil:
		return "nil"
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	case string:
		return v
	}
	rv := reflect.ValueOf(v)
	basic, ok := basicText(rv)
	switch {
	case !ok:
		text := fmt.Sprintf("%+v", v)
		return "(" + rv.Type().String() + ") " + text[:min(len(text), maxValue)]
	case rv.Type().PkgPath() == "":
		return basic
	case rv.Kind() == reflect.String:
		return rv.Type().String() + `("` + basic + `")`
	default:
		return rv.Type().String() + "(" + basic + ")"
	}
}

// basicText prints a basic value as the runtime's print does.
func basicText(v reflect.Value) (string, bool) {
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10), true
	case reflect.Float32, reflect.Float64:
		if shortFloats {
			return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), true
		}
		return floatText(v.Float()), true
	case reflect.Complex64, reflect.Complex128:
		c := v.Complex()
		if shortFloats {
			return strconv.FormatComplex(c, 'g', -1, v.Type().Bits()), true
		}
		return "(" + floatText(real(c)) + floatText(imag(c)) + "i)", true
	}
	return "", false
}

// floatText prints a floating point number as the runtime did until Go 1.25
// (runtime/print.go, printfloat): six digits and a three-digit exponent.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return fmt.Sprintf("%+v", f) // +Inf, -Inf
	}
	text := fmt.Sprintf("%+.6e", f) // +1.500000e+00
	digits, exponent, _ := strings.Cut(text, "e")
	n, err := strconv.Atoi(exponent)
	if err != nil {
		return text
	}
	return fmt.Sprintf("%se%+04d", digits, n)
}
