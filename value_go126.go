//go:build go1.26

package backstop

import "strconv"

// printedFloat is runtime/print.go, printfloat64: shortest form from Go 1.26.
func printedFloat(f float64, bits int) string {
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func printedComplex(c complex128, bits int) string {
	return strconv.FormatComplex(c, 'g', -1, bits)
}
