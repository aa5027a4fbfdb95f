//go:build !go1.26

package crash

const shortFloats = false
