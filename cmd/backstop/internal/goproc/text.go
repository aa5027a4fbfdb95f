package goproc

import (
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin"
)

// maxText is the most that is read of one string, in bytes.
const maxText = 64 << 10

// TextOf returns the string of n bytes at an address, such as the message of a
// throw, and whether some of it is missing or was left out: at most 64 KiB are
// read. What mem does not have is taken from the read-only data of the
// executable, where literals are.
func (p *Program) TextOf(mem io.ReaderAt, addr, n uint64) (text string, cut bool) {
	b := p.bytes(mem, addr, min(n, maxText))
	return string(b), uint64(len(b)) < n
}

// bytes returns n bytes at an address, or as many as there are from there on.
func (p *Program) bytes(mem io.ReaderAt, addr, n uint64) []byte {
	if n == 0 || addr == 0 || addr+n < addr || int64(addr+n) < 0 {
		return nil
	}
	b := make([]byte, n)
	got := 0
	if mem != nil {
		got, _ = mem.ReadAt(b, int64(addr)) // what it read before an error counts
	}
	if uint64(got) < n {
		if more, ok := p.File.ROData(addr+uint64(got)-p.Bias, n-uint64(got)); ok {
			got += copy(b[got:], more)
		}
	}
	return b[:got]
}

// number returns what print writes of a value of a basic kind (runtime/print.go).
// There must be as many bytes as the kind has.
func (p *Program) number(kind reflect.Kind, b []byte) string {
	u := uint64(0)
	for i := len(b) - 1; i >= 0 && i < 8; i-- {
		u = u<<8 | uint64(b[i])
	}
	bits := 8 * len(b)
	switch kind {
	case reflect.Bool:
		return strconv.FormatBool(u != 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(int64(u)<<(64-bits)>>(64-bits), 10)
	case reflect.Float32:
		return p.float(float64(math.Float32frombits(uint32(u))), 32)
	case reflect.Float64:
		return p.float(math.Float64frombits(u), 64)
	default:
		return strconv.FormatUint(u, 10)
	}
}

// complex returns what print writes of a complex number.
func (p *Program) complex(b []byte) string {
	kind := reflect.Float64
	if len(b) == 8 {
		kind = reflect.Float32
	}
	re, im := p.number(kind, b[:len(b)/2]), p.number(kind, b[len(b)/2:])
	if p.minor() >= 26 && im[0] != '+' && im[0] != '-' {
		im = "+" + im // strconv.FormatComplex, of a NaN too
	}
	return "(" + re + im + "i)"
}

// float returns what print writes of a floating-point number. Go 1.26 began to
// write the shortest that reads back as the same (runtime/print.go,
// printfloat64).
func (p *Program) float(v float64, bits int) string {
	if p.minor() >= 26 {
		return strconv.FormatFloat(v, 'g', -1, bits)
	}
	return oldFloat(v)
}

// oldFloat does what printfloat of Go 1.25 and before did, its rounding
// included: seven digits, by repeated multiplication.
func oldFloat(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	const digits = 7
	sign, exponent := byte('+'), 0
	if math.Signbit(v) {
		sign, v = '-', -v
	}
	if v != 0 {
		for v >= 10 {
			exponent++
			v /= 10
		}
		for v < 1 {
			exponent--
			v *= 10
		}
		half := 5.0
		for range digits {
			half /= 10
		}
		if v += half; v >= 10 {
			exponent++
			v /= 10
		}
	}
	b := []byte{sign}
	for i := range digits {
		if i == 1 {
			b = append(b, '.')
		}
		digit := int(v)
		b = append(b, byte('0'+digit))
		v = (v - float64(digit)) * 10
	}
	b = append(b, 'e', '+')
	if exponent < 0 {
		exponent, b[len(b)-1] = -exponent, '-'
	}
	return string(append(b, byte('0'+exponent/100), byte('0'+exponent/10%10), byte('0'+exponent%10)))
}

// minor returns the number behind "go1." of the release, or one that is larger
// than any when the executable does not say.
func (p *Program) minor() int {
	_, digits, ok := strings.Cut(p.File.GoVersion(), "go1.")
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return math.MaxInt
	}
	return n
}

// bounds are the texts of boundsError by its code, for numbers that are not
// negative and for those that are (runtime/error.go, boundsErrorFmts and
// boundsNegErrorFmts). They are the same from Go 1.21 to 1.27.
var bounds = [...][2]string{
	{"index out of range [%x] with length %y", "index out of range [%x]"},
	{"slice bounds out of range [:%x] with length %y", "slice bounds out of range [:%x]"},
	{"slice bounds out of range [:%x] with capacity %y", "slice bounds out of range [:%x]"},
	{"slice bounds out of range [%x:%y]", "slice bounds out of range [%x:]"},
	{"slice bounds out of range [::%x] with length %y", "slice bounds out of range [::%x]"},
	{"slice bounds out of range [::%x] with capacity %y", "slice bounds out of range [::%x]"},
	{"slice bounds out of range [:%x:%y]", "slice bounds out of range [:%x:]"},
	{"slice bounds out of range [%x:%y:]", "slice bounds out of range [%x::]"},
	{"cannot convert slice with length %y to array or pointer to array with length %x", ""},
}

// boundsText returns what the Error method of boundsError does.
func boundsText(x, y int64, signed bool, code uint8) (string, bool) {
	if int(code) >= len(bounds) {
		return "", false
	}
	text := bounds[code][0]
	number := strconv.FormatUint(uint64(x), 10)
	if signed {
		number = strconv.FormatInt(x, 10)
		if x < 0 {
			text = bounds[code][1]
		}
	}
	if text == "" {
		return "", false
	}
	return "runtime error: " + strings.NewReplacer("%x", number, "%y", strconv.FormatInt(y, 10)).Replace(text), true
}

// assertionText returns what the Error method of TypeAssertionError does: of an
// interface type, the type of the value in it, and the type that was asked for.
func assertionText(inter, concrete, asserted *gobin.Type, missing string) string {
	switch {
	case concrete == nil:
		name := "interface"
		if inter != nil {
			name = inter.Name
		}
		return "interface conversion: " + name + " is nil, not " + asserted.Name
	case missing != "":
		return "interface conversion: " + concrete.Name + " is not " + asserted.Name + ": missing method " + missing
	}
	name := "interface"
	if inter != nil {
		name = inter.Name
	}
	text := "interface conversion: " + name + " is " + concrete.Name + ", not " + asserted.Name
	if concrete.Name != asserted.Name {
		return text
	}
	if concrete.PkgPath != asserted.PkgPath {
		return text + " (types from different packages)"
	}
	return text + " (types from different scopes)"
}
