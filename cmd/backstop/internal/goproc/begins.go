package goproc

import (
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"github.com/backstop-go/backstop/internal/gobin"
)

// Begins returns the function that a goroutine runs whose start function, at an
// address of the running program, is one that the compiler made: of go f(x) it
// makes a function without parameters that calls f, or has it inlined. The frame
// has the line where the function is declared. It is not ok where nothing was made,
// and where the function is a variable.
func (p *Program) Begins(start uint64) (begins gobin.Frame, ok bool) {
	fn, err := p.File.FuncAt(start - p.Bias)
	if err != nil || !fn.Wrapper || p.File.Arch() != "amd64" {
		return begins, false
	}
	code, err := p.File.Code(fn)
	if err != nil {
		return begins, false
	}
	const enough = 4 << 10 // bytes: these functions have some dozen, and what was inlined
	for at := 0; at < min(len(code), enough); {
		in, err := x86asm.Decode(code[at:], 64)
		if err != nil {
			at++
			continue
		}
		pc := fn.Entry + uint64(at)
		at += in.Len
		if calls, err := p.File.Stack(pc); err == nil && len(calls) > 1 {
			inlined := calls[len(calls)-2]
			inlined.Line = max(inlined.StartLine, 1)
			return inlined, true
		}
		by, ok := in.Args[0].(x86asm.Rel)
		if !ok || in.Op != x86asm.CALL {
			continue
		}
		to, err := p.File.FuncAt(fn.Entry + uint64(at) + uint64(int64(by)))
		if err != nil || strings.HasPrefix(to.Name, "runtime.morestack") {
			continue
		}
		return gobin.Frame{Func: to.Name, File: to.File, Line: max(to.StartLine, 1), StartLine: to.StartLine}, true
	}
	return begins, false
}
