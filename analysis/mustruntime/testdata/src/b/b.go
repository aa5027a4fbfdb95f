// Package b is another package.
package b

import "strconv"

// MustPort panics.
func MustPort(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// MustReturn has the name only.
func MustReturn(s string) string { return s }
