package goproc

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"

	"github.com/backstop-go/backstop/internal/gobin"
)

// A reference is an instruction that names memory: by its address, or relative
// to a register.
type reference struct {
	addr  uint64 // in the file; 0 unless it is named by its address
	disp  int64  // otherwise: from what the register points to
	width int64  // bytes that are read or written; 0 when only the address is taken
}

// maxReferences bounds what is kept of one function.
const maxReferences = 1 << 14

// references decodes a function and returns what memory its instructions name,
// in their order. Names relative to the stack pointer are left out.
func references(f *gobin.File, name string) ([]reference, error) {
	fn, code, err := codeOf(f, name)
	if err != nil {
		return nil, err
	}
	var all []reference
	for pc := uint64(0); pc < uint64(len(code)) && len(all) < maxReferences; {
		in, err := x86asm.Decode(code[pc:], 64)
		if err != nil {
			pc++ // an instruction that the decoder does not know, or padding
			continue
		}
		pc += uint64(in.Len)
		if sum, ok := in.Args[1].(x86asm.Imm); ok && in.Op == x86asm.ADD && in.DataSize == 64 && in.Args[0] != x86asm.RSP {
			all = append(all, reference{disp: int64(sum)}) // how code without optimization takes an address
			continue
		}
		for _, arg := range in.Args {
			m, ok := arg.(x86asm.Mem)
			if !ok || m.Base == x86asm.RSP || m.Segment != 0 {
				continue
			}
			r := reference{disp: m.Disp, width: int64(in.MemBytes)}
			if in.Op == x86asm.LEA {
				r.width = 0
			}
			if m.Base == x86asm.RIP {
				r.addr, r.disp = fn.Entry+pc+uint64(m.Disp), 0
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// codeOf returns the function of that name that has code, and its code.
func codeOf(f *gobin.File, name string) (gobin.Func, []byte, error) {
	funcs, err := f.Lookup(name)
	if err != nil {
		return gobin.Func{}, nil, err
	}
	for _, fn := range funcs {
		if fn.Inlined || fn.Wrapper && len(funcs) > 1 {
			continue
		}
		code, err := f.Code(fn)
		if err != nil {
			return fn, nil, fmt.Errorf("code of %s: %w", name, err)
		}
		return fn, code, nil
	}
	return gobin.Func{}, nil, fmt.Errorf("%w: %s has no code of its own", gobin.ErrNotFound, name)
}

// Roots are where the variables of the runtime stand, in the file, from which
// everything else is reached.
type Roots struct {
	Allgs   uint64 // runtime.allgptr: pointer to the array of all g
	Allglen uint64 // runtime.allglen: how many there are
	Allm    uint64 // runtime.allm: the list of all m
	Allp    uint64 // runtime.allp: the slice of all p
	Sched   uint64 // runtime.sched
}

// FindRoots finds them in the code of the functions that use them, for
// executables have no names of variables when they are stripped. What it finds
// is checked against memory by [Program.Runtime].
func FindRoots(f *gobin.File, schedLock uint64) (r Roots, err error) {
	if r.Allgs, r.Allglen, err = findAllgs(f); err != nil {
		return r, err
	}
	if r.Allm, r.Sched, err = findAllm(f, schedLock); err != nil {
		return r, err
	}
	r.Allp, err = findAllp(f)
	return r, err
}

// findAllgs: forEachGRace begins with atomicAllG, which loads allglen and then
// allgptr (runtime/proc.go; the compiler turns the two around). The function is
// there by itself in programs built without inlining.
func findAllgs(f *gobin.File) (allgs, allglen uint64, err error) {
	for _, name := range []string{"runtime.forEachGRace", "runtime.atomicAllG"} {
		refs, e := references(f, name)
		if e != nil {
			err = e
			continue
		}
		var loads []uint64
		for _, r := range refs {
			if r.addr != 0 && r.width == 8 && len(loads) < 2 {
				loads = append(loads, r.addr)
			}
		}
		if len(loads) == 2 && loads[0] != loads[1] {
			return loads[1], loads[0], nil
		}
		err = fmt.Errorf("%s does not load two variables", name)
	}
	return 0, 0, fmt.Errorf("find runtime.allgs: %w", err)
}

// findAllm: mcommoninit takes sched.lock first; later it reads allm and passes
// its address to atomicstorep (runtime/proc.go). Between them are variables that
// releases differ in.
func findAllm(f *gobin.File, schedLock uint64) (allm, sched uint64, err error) {
	refs, err := references(f, "runtime.mcommoninit")
	if err != nil {
		return 0, 0, fmt.Errorf("find runtime.allm: %w", err)
	}
	read := map[uint64]bool{}
	taken := map[uint64]int{}
	for _, r := range refs {
		switch {
		case r.addr == 0:
		case r.width == 8:
			read[r.addr] = true
		case r.width == 0:
			taken[r.addr]++
			if read[r.addr] && allm == 0 {
				allm = r.addr
			}
		}
	}
	var lock uint64
	for _, r := range refs {
		if r.addr != 0 && r.width == 0 && r.addr != allm && taken[r.addr] > 1 {
			lock = r.addr // taken and let go
			break
		}
	}
	if allm == 0 || lock == 0 {
		return 0, 0, fmt.Errorf("find runtime.allm: runtime.mcommoninit is not as expected")
	}
	return allm, lock - schedLock, nil
}

// findAllp: schedtrace goes through allp, whose length stands a word behind the
// pointer (runtime/proc.go). Elsewhere in it, no two neighbours of 8 bytes are
// read.
func findAllp(f *gobin.File) (uint64, error) {
	var err error
	for _, name := range []string{"runtime.retake", "runtime.schedtrace"} {
		refs, e := references(f, name)
		if e != nil {
			err = e
			continue
		}
		read := map[uint64]bool{}
		for _, r := range refs {
			if r.addr != 0 && r.width == 8 {
				read[r.addr] = true
			}
		}
		var found []uint64
		for addr := range read {
			if read[addr+8] {
				found = append(found, addr)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		err = fmt.Errorf("%s has %d pairs of variables", name, len(found))
	}
	return 0, fmt.Errorf("find runtime.allp: %w", err)
}
