package crash

import (
	"fmt"
	"reflect"
	"strconv"
)

// maxValue bounds the text of a value that has no text of its own, in bytes.
const maxValue = 1 << 10

// ValueText returns what the runtime would print after "panic: " for a value
// (runtime/error.go, printpanicval), so that the report of a guard and the
// traceback of the same panic carry the same message. For values the runtime
// prints as a type and an address it returns the type and the contents.
//
// It calls the value's Error or String method, as the runtime does. A panic in
// there is recovered and named in the text.
func ValueText(v any) (text string) {
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

// basicText prints a basic value as the runtime's print does, floating point
// numbers with six digits and a three-digit exponent included.
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
		return floatText(v.Float()), true
	case reflect.Complex64, reflect.Complex128:
		c := v.Complex()
		return "(" + floatText(real(c)) + floatText(imag(c)) + "i)", true
	}
	return "", false
}

func floatText(f float64) string {
	switch {
	case f != f:
		return "NaN"
	case f > maxFloat:
		return "+Inf"
	case f < -maxFloat:
		return "-Inf"
	}
	mantissa := fmt.Sprintf("%+.6e", f)
	for i := len(mantissa) - 1; i >= 0; i-- {
		if mantissa[i] == 'e' {
			exponent, err := strconv.Atoi(mantissa[i+1:])
			if err != nil {
				return mantissa
			}
			return mantissa[:i] + fmt.Sprintf("e%+04d", exponent)
		}
	}
	return mantissa
}

const maxFloat = 0x1p1023 * (1 + (1 - 0x1p-52))
