package goproc

import (
	"io"
	"slices"
	"strings"

	"golang.org/x/arch/x86/x86asm"
)

// Deferred returns the closures whose calls a frame has deferred, as far as it
// keeps them itself: the compiler does that where a function has few defer
// statements and none of them in a loop. f must be of the function with the code,
// and none that was inlined.
func (p *Program) Deferred(mem io.ReaderAt, f *Frame) []uint64 {
	defers, ok := p.File.OpenDefers(f.PC - p.Bias)
	if !ok || f.CFA < f.SP+16 {
		return nil
	}
	// The return address and the saved frame pointer stand between
	// (runtime/traceback.go, unwinder.resolveInternal).
	base := f.CFA - 16
	var bits [1]byte
	if defers.Bits > base || readAll(mem, bits[:], base-defers.Bits) != nil {
		return nil
	}
	var all []uint64
	for i, slot := range defers.Slots {
		if bits[0]&(1<<i) == 0 || slot > base {
			continue
		}
		if closure, err := readWord(mem, base-slot); err == nil && closure != 0 {
			all = append(all, closure)
		}
	}
	return all
}

// Calls reports whether the function with code at an address of the running program
// calls one of these functions, or has it inlined, and which variables it names by
// their addresses. What is called through a variable or an interface is not seen.
func (p *Program) Calls(addr uint64, names ...string) (calls bool, variables []uint64) {
	const enough = 64 << 10 // bytes of code
	fn, err := p.File.FuncAt(addr - p.Bias)
	if err != nil {
		return false, nil
	}
	code, err := p.File.Code(fn)
	if err != nil || p.File.Arch() != "amd64" {
		return false, nil
	}
	for at := 0; at < min(len(code), enough); {
		in, err := x86asm.Decode(code[at:], 64)
		if err != nil {
			at++
			continue
		}
		pc := fn.Entry + uint64(at)
		at += in.Len
		for _, arg := range in.Args {
			if m, ok := arg.(x86asm.Mem); ok && m.Base == x86asm.RIP && len(variables) < maxValues {
				variables = append(variables, fn.Entry+uint64(at)+uint64(m.Disp)+p.Bias)
			}
		}
		to, ok := in.Args[0].(x86asm.Rel)
		if !ok || in.Op != x86asm.CALL || calls {
			continue
		}
		if target, err := p.File.FuncAt(fn.Entry + uint64(at) + uint64(int64(to))); err == nil && named(target.Name, names) {
			calls = true
		}
		stack, err := p.File.Stack(pc)
		if err != nil {
			continue
		}
		for _, inlined := range stack[:len(stack)-1] {
			calls = calls || named(inlined.Func, names)
		}
	}
	return calls, variables
}

// named reports whether a name is one of some, which may stand for those of a
// package inside the standard library too.
func named(name string, names []string) bool {
	return slices.Contains(names, strings.TrimPrefix(name, "internal/"))
}
