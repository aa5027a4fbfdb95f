package panickingstdlibarg

import (
	"strconv"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/bounds"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

// longEnough: a slice that must have n elements.
func (c *checker) longEnough(at ssa.Instruction, arg ssa.Value, n int64) string {
	size := c.Len(arg)
	if c.AtLeast(size, n, at) {
		return ""
	}
	if k, ok := size.Const(); ok && k >= 0 {
		if !c.Stable(arg) || c.AtMost(bounds.Number(1), bounds.Number(0), at) {
			return ""
		}
		return "always: it needs " + number(n) + " elements and is given " + number(k)
	}
	if n == 1 && size.IsLen() {
		if why := c.emptyList(at, size); why != "" {
			return why
		}
	}
	src := c.LenSource(arg)
	if !src.Known() || c.Checked(at, bounds.TooSmall, src.Of()...) || c.Aware(at, size, n) {
		return ""
	}
	return "when the data is shorter than " + number(n) + ", as " + src.What + " may make it; check the length first"
}

// exactly: a slice that must have n elements, neither more nor fewer.
func (c *checker) exactly(at ssa.CallInstruction, k contract, arg ssa.Value) string {
	if k.need == blockIV && !c.aes(at.Common().Args[0]) {
		return ""
	}
	size := c.Len(arg)
	if n, ok := size.Const(); ok {
		if n != k.n && n >= 0 && c.Stable(arg) {
			return "always: it needs " + number(k.n) + " bytes and is given " + number(n)
		}
		return ""
	}
	if c.AtLeast(size, k.n, at) && c.AtMost(size, bounds.Number(k.n), at) {
		return ""
	}
	src := c.LenSource(arg)
	if !src.Known() || c.Checked(at, bounds.TooSmall, src.Of()...) || c.Checked(at, bounds.TooGreat, src.Of()...) || c.AtLeast(size, k.n, at) {
		return ""
	}
	return "when it is not given " + number(k.n) + " bytes, and " + src.What + " decides how many there are; check the length first"
}

// aes reports whether the cipher was made by aes.NewCipher.
func (c *checker) aes(block ssa.Value) bool {
	e, ok := c.Same(block).(*ssa.Extract)
	if !ok {
		return false
	}
	call, ok := e.Tuple.(*ssa.Call)
	return ok && ir.Name(ir.Target(&call.Call)) == "crypto/aes.NewCipher"
}

// blocks: the input must be full blocks.
func (c *checker) blocks(at ssa.Instruction, arg ssa.Value) string {
	size := c.Len(arg)
	if n, ok := size.Const(); ok {
		if n%8 != 0 && c.Stable(arg) {
			return "always: " + number(n) + " bytes are no full blocks"
		}
		return ""
	}
	src := c.LenSource(arg)
	if !src.Known() || c.Checked(at, bounds.TooSmall, append(src.Of(), size.Value())...) {
		return ""
	}
	return "when the data is no full blocks, and " + src.What + " decides how long it is; check the length first"
}

// nonce: as long as the AEAD wants it.
func (c *checker) nonce(at ssa.Instruction, arg ssa.Value) string {
	size := c.Len(arg)
	if _, ok := size.Const(); ok {
		return ""
	}
	src := c.LenSource(arg)
	if !src.Known() || c.Checked(at, bounds.TooSmall, src.Of()...) || c.Checked(at, bounds.TooGreat, src.Of()...) || c.AtLeast(size, 1, at) {
		return ""
	}
	return "when the nonce has another length than NonceSize, and " + src.What + " decides how long it is; check the length first"
}

// bigZero: a denominator that was read, and whose sign nobody looked at.
func (c *checker) bigZero(at ssa.Instruction, arg ssa.Value) string {
	v := c.Same(arg)
	if call, ok := v.(*ssa.Call); ok {
		switch ir.Name(ir.Target(&call.Call)) {
		case "math/big.NewInt":
			e := c.Int(call.Call.Args[0])
			if n, ok := e.Const(); ok {
				if n == 0 {
					return "always: the denominator is 0"
				}
				return ""
			}
			return c.zero(at, call.Call.Args[0])
		}
	}
	if parsed(v) && !looked(v) {
		return "when the denominator that was read is 0; ask for its Sign first"
	}
	return ""
}

// parsed reports whether the number is the result of SetString or SetBytes.
func parsed(v ssa.Value) bool {
	if e, ok := v.(*ssa.Extract); ok {
		v = e.Tuple
	}
	if reads(v) {
		return true
	}
	refs := v.Referrers()
	if refs == nil {
		return false
	}
	for _, r := range *refs {
		if call, ok := r.(*ssa.Call); ok && len(call.Call.Args) > 0 && call.Call.Args[0] == v && reads(call) {
			return true
		}
	}
	return false
}

func reads(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	switch ir.Name(ir.Target(&call.Call)) {
	case "(*math/big.Int).SetString", "(*math/big.Int).SetBytes":
		return true
	}
	return false
}

// looked reports whether somebody asks for the sign of the number, or compares it.
func looked(v ssa.Value) bool {
	refs := v.Referrers()
	if refs == nil {
		return true
	}
	for _, r := range *refs {
		call, ok := r.(*ssa.Call)
		if !ok {
			continue
		}
		if fn := ir.Target(&call.Call); fn != nil {
			switch fn.Name() {
			case "Sign", "Cmp", "CmpAbs", "BitLen", "IsInt64", "Int64", "Uint64":
				return true
			}
		}
	}
	return false
}

// within: an index of slices.Insert, Delete and Replace.
func (c *checker) within(at ssa.CallInstruction, arg ssa.Value) string {
	list := ir.Args(at.Common())[0]
	e, size := c.Int(arg), c.Len(list)
	if !c.NotNegative(e, at) {
		if what := c.Search(e.Value()); what != "" && e.K <= 0 {
			if c.Checked(at, bounds.TooSmall, e.Value(), list) {
				return ""
			}
			return "when " + what + " finds nothing and gives -1; ask for that first"
		}
	}
	src := c.NumSource(arg)
	if !src.Known() || c.NotNegative(e, at) && c.AtMost(e, size, at) {
		return ""
	}
	if c.Checked(at, bounds.TooGreat, append(src.Of(), arg, e.Value())...) || c.AtMost(e, size, at) && !c.Signed(src) {
		return ""
	}
	return "when the number from " + src.What + " is no index of the slice; compare it with the length first"
}

// room: a destination that has none, for a source that has something.
func (c *checker) room(at ssa.CallInstruction, arg ssa.Value) string {
	args := ir.Args(at.Common())
	if len(args) < 2 {
		return ""
	}
	n, ok := c.Len(arg).Const()
	if m, known := c.Len(args[1]).Const(); ok && n == 0 && c.Stable(arg) && (!known || m > 1) && !c.AtMost(c.Len(args[1]), bounds.Number(1), at) {
		return "because the destination has length 0; make it as long as DecodedLen or EncodedLen says"
	}
	return ""
}
