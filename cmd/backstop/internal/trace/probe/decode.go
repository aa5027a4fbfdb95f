package probe

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"
)

// A spot is an instruction in the code of a function.
type spot struct {
	offset int
	bytes  []byte
	fall   bool
	frame  uint64
}

const (
	maxDecoded = 4096 // bytes of a function that are looked at; gorecover has 200
	compared   = 16   // bytes that are compared again before attaching
	stackGuard = 0x10 // offset of g.stackguard0 (runtime/runtime2.go), known to the compiler
)

// framePush finds the push of the frame pointer: the first instruction of a
// function without stack check, otherwise the one behind the check
// (cmd/internal/obj/x86, stacksplit). It returns why not, otherwise.
func framePush(code []byte) (spot, string) {
	at := 0
	var jump, target int
	for step := 0; step < 4; step++ {
		in, err := decode(code, at)
		if err != nil {
			return spot{}, err.Error()
		}
		next := at + in.Len
		switch {
		case in.Op == x86asm.PUSH && in.Args[0] == x86asm.RBP:
			if jump != 0 && target <= next {
				return spot{}, fmt.Sprintf("the stack check at +%#x goes to +%#x", jump, target)
			}
			follow, err := decode(code, next)
			if err != nil {
				return spot{}, err.Error()
			}
			if follow.Op != x86asm.MOV || follow.Args[0] != x86asm.RBP || follow.Args[1] != x86asm.RSP {
				return spot{}, fmt.Sprintf("no frame is made behind the push at +%#x", at)
			}
			if step != 0 && jump == 0 {
				return spot{}, fmt.Sprintf("the push at +%#x is not behind a stack check", at)
			}
			return spot{offset: at, bytes: window(code, at)}, ""
		case step == 0 && in.Op == x86asm.LEA && in.Args[0] == x86asm.R12 && base(in.Args[1]) == x86asm.RSP:
		case step < 2 && isStackCheck(in):
			in, err = decode(code, next)
			if err != nil {
				return spot{}, err.Error()
			}
			if in.Op != x86asm.JBE {
				return spot{}, fmt.Sprintf("no jump behind the stack check at +%#x", at)
			}
			jump = next
			next += in.Len
			target = next + relative(in)
			if target <= next || target >= len(code) {
				return spot{}, fmt.Sprintf("the stack check at +%#x leaves the function", jump)
			}
		default:
			return spot{}, fmt.Sprintf("it begins otherwise than gc has it: %v at +%#x", in, at)
		}
		at = next
	}
	return spot{}, "no push of the frame pointer"
}

// isStackCheck: cmp of the stack pointer, or of R12 made from it, with
// g.stackguard0.
func isStackCheck(in x86asm.Inst) bool {
	if in.Op != x86asm.CMP || in.Args[0] != x86asm.RSP && in.Args[0] != x86asm.R12 {
		return false
	}
	m, ok := in.Args[1].(x86asm.Mem)
	return ok && m.Base == x86asm.R14 && m.Index == 0 && m.Disp == stackGuard
}

// recoverJump finds the last conditional jump before gorecover sets recovered:
// it is reached while a panic is in flight only, and falls through if recover
// works (runtime/panic.go, gorecover).
func recoverJump(code []byte, recovered uint64) (spot, string) {
	var jump, compare x86asm.Inst
	jumpAt, storeAt := -1, -1
	frame, frameAtJump := uint64(0), uint64(0)
	var targets []int
	var previous x86asm.Inst
	for at := 0; at < len(code) && at < maxDecoded; {
		in, err := decode(code, at)
		if err != nil {
			return spot{}, err.Error()
		}
		switch {
		case in.Op == x86asm.PUSH && storeAt < 0:
			frame += 8
		case in.Op == x86asm.SUB && in.Args[0] == x86asm.RSP && storeAt < 0:
			n, ok := in.Args[1].(x86asm.Imm)
			if !ok || n < 0 {
				return spot{}, fmt.Sprintf("frame of unknown size at +%#x", at)
			}
			frame += uint64(n)
		case in.Op == x86asm.JE || in.Op == x86asm.JNE:
			if storeAt < 0 {
				jump, jumpAt, compare, frameAtJump = in, at, previous, frame
			}
		case isStoreOfOne(in, recovered):
			if storeAt >= 0 {
				return spot{}, fmt.Sprintf("recovered is set at +%#x and at +%#x", storeAt, at)
			}
			storeAt = at
		}
		if isJump(in) {
			targets = append(targets, at+in.Len+relative(in))
		}
		previous = in
		at += in.Len
	}
	switch {
	case storeAt < 0:
		return spot{}, fmt.Sprintf("recovered is not set at offset %d of _panic", recovered)
	case jumpAt < 0:
		return spot{}, "no jump decides whether to set recovered"
	case compare.Op != x86asm.CMP && compare.Op != x86asm.TEST:
		return spot{}, fmt.Sprintf("the jump at +%#x does not follow a comparison", jumpAt)
	}
	if target := jumpAt + jump.Len + relative(jump); target <= storeAt || target >= len(code) {
		return spot{}, fmt.Sprintf("the jump at +%#x does not go past the store", jumpAt)
	}
	for _, t := range targets {
		if t > jumpAt && t <= storeAt {
			return spot{}, fmt.Sprintf("the store at +%#x is reached past the jump at +%#x", storeAt, jumpAt)
		}
	}
	if why := straight(code, jumpAt+jump.Len, storeAt); why != "" {
		return spot{}, why
	}
	return spot{offset: jumpAt, bytes: window(code, jumpAt), fall: jump.Op == x86asm.JNE, frame: frameAtJump}, ""
}

// straight says why the code between two offsets is more than moves.
func straight(code []byte, from, to int) string {
	for at := from; at < to; {
		in, err := decode(code, at)
		if err != nil {
			return err.Error()
		}
		if in.Op != x86asm.MOV && in.Op != x86asm.NOP {
			return fmt.Sprintf("%v at +%#x stands between the jump and the store", in, at)
		}
		at += in.Len
	}
	return ""
}

// isStoreOfOne: movb $1, disp(register).
func isStoreOfOne(in x86asm.Inst, disp uint64) bool {
	m, ok := in.Args[0].(x86asm.Mem)
	if !ok || in.Op != x86asm.MOV || in.MemBytes != 1 || in.Args[1] != x86asm.Imm(1) {
		return false
	}
	return m.Index == 0 && m.Base != x86asm.RSP && m.Base != x86asm.RIP && uint64(m.Disp) == disp
}

func isJump(in x86asm.Inst) bool {
	_, ok := in.Args[0].(x86asm.Rel)
	return ok && in.Op != x86asm.CALL
}

// relative is how far a jump goes from its end.
func relative(in x86asm.Inst) int {
	rel, ok := in.Args[0].(x86asm.Rel)
	if !ok {
		return 0
	}
	return int(rel)
}

// base is the register that an operand in memory is relative to.
func base(arg x86asm.Arg) x86asm.Reg {
	m, ok := arg.(x86asm.Mem)
	if !ok || m.Index != 0 {
		return 0
	}
	return m.Base
}

func decode(code []byte, at int) (x86asm.Inst, error) {
	if at < 0 || at >= len(code) {
		return x86asm.Inst{}, fmt.Errorf("its code ends at +%#x", len(code))
	}
	in, err := x86asm.Decode(code[at:], 64)
	if err != nil {
		return in, fmt.Errorf("unknown instruction at +%#x: %w", at, err)
	}
	return in, nil
}

// window is the instruction at an offset and what stands behind it.
func window(code []byte, at int) []byte {
	return append([]byte(nil), code[at:min(at+compared, len(code))]...)
}
