// Package probe finds where in an executable the tracer may put its probes, and
// refuses what it cannot verify.
package probe

import "github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"

// A Site is one instruction to put a probe on.
type Site struct {
	Kind   bpf.Kind
	Func   string // "runtime.gopanic"
	Addr   uint64 // in the file's address space
	Offset uint64 // in the file
	// Bytes are the instruction and what stands behind it, to compare with the
	// file again before attaching.
	Bytes []byte
	// Fall is what the zero flag is, at the site of gorecover, when recover works.
	Fall bool
	// Frame is how far the return address is above the stack pointer there.
	Frame uint64
}
