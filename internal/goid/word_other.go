//go:build !gc || (!amd64 && !arm64) || backstop_noasm

package goid

// unsupported says why this build cannot read descriptors.
const unsupported = "this build has no assembly for them (amd64 and arm64 have, without the tag backstop_noasm)"

func word(uintptr) uint64 { return 0 }
