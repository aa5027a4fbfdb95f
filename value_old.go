//go:build !go1.26

package backstop

import (
	"math"
	"strconv"
)

// printedFloat is runtime/print.go, printfloat, up to Go 1.25: a sign, seven
// digits and three digits of exponent.
func printedFloat(f float64, _ int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "+Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	text := strconv.FormatFloat(f, 'e', 6, 64)
	if !math.Signbit(f) {
		text = "+" + text
	}
	// strconv writes at least two digits of exponent, the runtime three.
	if at := len(text) - 4; text[at] == 'e' {
		text = text[:at+2] + "0" + text[at+2:]
	}
	return text
}

func printedComplex(c complex128, bits int) string {
	return "(" + printedFloat(real(c), bits) + printedFloat(imag(c), bits) + "i)"
}
