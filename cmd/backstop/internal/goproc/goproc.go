// Package goproc reads a Go program in memory: stacks, inlined calls included,
// values with the names of their fields, goroutines and their labels. It needs
// no symbols and no debug information.
//
// Where the memory comes from is an io.ReaderAt whose offsets are addresses of
// the running program: a live process, a core file, or the [Pieces] that a probe
// copied. What is not there is said, never guessed: addresses and lengths come
// from a program that may be damaged or hostile.
package goproc

import (
	"io"
	"os"

	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// A Program is an executable and where it was loaded.
type Program struct {
	File *gobin.File
	Bias uint64 // what to add to an address of the file; 0 unless it is position-independent
	// Layout is where the runtime's structures have their fields. Stacks are
	// unwound without it; goroutines and labels are not read. See [LayoutOf].
	Layout *layout.Layout

	exe *os.File // to close
}

// Registers are where a stack begins.
type Registers struct {
	PC, SP, BP uint64
	// Trap says that PC is an instruction that is yet to run, as where a thread
	// was stopped or a probe stands. Otherwise PC is a return address, as where
	// a goroutine waits; the call is the instruction before it.
	Trap bool
	// User is where the goroutine goes on when the stack is that of a thread
	// (g0): m.curg.sched. Without it such a stack ends there.
	User *Registers
}

// A Link is a frame as the frame-pointer chain has it: the address where the
// caller's frame pointer is saved, and the return address that is stored behind
// it (at At+8 on amd64).
type Link struct{ At, Return uint64 }

// A Frame is one call. PC is the program counter in the running program, and for
// callers the return address; frames inlined into one another share it.
type Frame struct {
	gobin.Frame
	PC    uint64
	SP    uint64 // stack pointer in that frame; 0 when it is not known
	CFA   uint64 // stack pointer of the caller after the return; 0 when it is not known
	Entry uint64 // of the function with code that holds PC
	// Hidden says that runtime.Callers and tracebacks leave it out: a wrapper
	// that the compiler made, unless a panic came from it.
	Hidden bool
	// Trap says that PC is no return address: the frame did not call the one
	// before it, but was interrupted by a signal, such as by a nil dereference.
	Trap bool
	// Gap says that the call of the frame before is not there: where the memory
	// ends, the caller of a function without a frame cannot be known.
	Gap bool
}

// A Stack is what [Program.Unwind] found. Why says why it ends early, or what is
// missing within it, and is "" for a stack that is complete.
type Stack struct {
	Frames []Frame
	Why    string
}

// Visible returns the frames that runtime.Callers would give.
func (s Stack) Visible() []Frame {
	visible := make([]Frame, 0, len(s.Frames))
	for _, f := range s.Frames {
		if !f.Hidden {
			visible = append(visible, f)
		}
	}
	return visible
}

// A Value is a Go value as far as it could be read.
type Value struct {
	Type   string  `json:"type"`           // as %T prints it
	Text   string  `json:"text,omitempty"` // as panic would print it, where that needs no code of the program
	Fields []Field `json:"fields,omitempty"`
	Cut    bool    `json:"cut,omitempty"` // some of it is not there
}

// A Field is a field of a struct value.
type Field struct {
	Name  string `json:"name"`
	Value Value  `json:"value"`
}

// Pieces are parts of a program's memory. ReadAt answers for what lies within
// one piece, with io.ErrUnexpectedEOF beyond it.
type Pieces []Piece

// A Piece is memory that was copied from an address.
type Piece struct {
	Addr  uint64
	Bytes []byte
}

// ReadAt implements io.ReaderAt.
func (p Pieces) ReadAt(b []byte, off int64) (int, error) {
	for _, piece := range p {
		if at := uint64(off) - piece.Addr; at < uint64(len(piece.Bytes)) {
			n := copy(b, piece.Bytes[at:])
			if n < len(b) {
				return n, io.ErrUnexpectedEOF
			}
			return n, nil
		}
	}
	return 0, io.ErrUnexpectedEOF
}
