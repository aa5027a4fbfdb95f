//go:build go1.26

package crash

// shortFloats: from Go 1.26 the runtime prints floating point numbers in the
// shortest form that reads back as the same number (runtime/print.go).
const shortFloats = true
