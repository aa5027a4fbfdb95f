//go:build gc && (amd64 || arm64) && !backstop_noasm

package goid

// unsupported says why this build cannot read descriptors.
const unsupported = ""

// word returns the word at a byte offset in the descriptor of the running
// goroutine. The caller sees to it that there is one.
func word(offset uintptr) uint64
