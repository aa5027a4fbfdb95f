// Package b is another package.
package b

// Save panics with what it is given.
func Save(s string) {
	if s == "" {
		panic("b: nothing to save")
	}
}

// MustSave says by its name that it panics.
func MustSave(s string) { Save(s) }

// Pairs panics when it is given an odd number of texts.
func Pairs(kv ...string) {
	if len(kv)%2 == 1 {
		panic("b: an odd number of texts")
	}
}
