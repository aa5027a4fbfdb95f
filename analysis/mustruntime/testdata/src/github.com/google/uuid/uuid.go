// Package uuid stands for the real one.
package uuid

// UUID is one.
type UUID [16]byte

// Must panics.
func Must(u UUID, err error) UUID {
	if err != nil {
		panic(err)
	}
	return u
}

// Parse reads one.
func Parse(s string) (UUID, error) { return UUID{}, nil }

// MustParse panics.
func MustParse(s string) UUID {
	u, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// NewRandom makes one.
func NewRandom() (UUID, error) { return UUID{}, nil }
