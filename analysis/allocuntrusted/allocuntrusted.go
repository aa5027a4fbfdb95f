// Package allocuntrusted holds the rule alloc-untrusted.
package allocuntrusted

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/bounds"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports memory whose size somebody outside decides.
var Rule = rule.New(rule.Rule{
	ID:   "alloc-untrusted",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "memory is allocated of a size that the other side chooses",
		Why: `A length that was read from a header, a request or a file is a promise, and nothing
holds who makes it. make of four thousand million bytes ends the process with
"fatal error: runtime: out of memory" or the kernel's out-of-memory killer: neither
can be recovered, and the sender has spent four bytes. A length beyond the address
space, or a negative one, is a panic.`,
		Bad:  "n := binary.BigEndian.Uint32(head)\nbuf := make([]byte, n)",
		Good: "n := binary.BigEndian.Uint32(head)\nif n > maxFrame {\n\treturn errTooLarge\n}\nbuf := make([]byte, n)",
		LeftAlone: []string{
			"sizes of 8 and 16 bits, and whatever masks, min or a comparison keep below 64 MiB",
			"a number that is compared with a limit, or with the length of data that is in memory already",
			"numbers of flags, of the environment and of configuration: who runs the program chooses them",
			"io.ReadAll of a reader with a limit, and io.CopyN: they grow with what arrives",
		},
		Scenarios: []string{"oom-huge-make", "oom-ulimit", "makeslice-huge", "append-huge"},
	},
}, run, bounds.Analyzer, buildssa.Analyzer)

// enough is how many bytes nobody minds.
const enough = 64 << 20

func run(pass *rule.Pass) error {
	facts, ok := pass.ResultOf[bounds.Analyzer].(*bounds.Facts)
	s, ok2 := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	if !ok || !ok2 {
		return nil
	}
	c := checker{facts.Solver(), pass}
	for _, fn := range s.SrcFuncs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				c.instruction(i)
			}
		}
	}
	return nil
}

type checker struct {
	*bounds.Solver
	pass *rule.Pass
}

func (c checker) instruction(i ssa.Instruction) {
	if !i.Pos().IsValid() {
		return
	}
	switch i := i.(type) {
	case *ssa.MakeSlice:
		size := int64(1)
		if t, ok := i.Type().Underlying().(*types.Slice); ok {
			size = c.size(t.Elem())
		}
		if !c.check(i, i.Len, size, "make") && i.Cap != i.Len {
			c.check(i, i.Cap, size, "make")
		}
	case *ssa.MakeMap:
		if i.Reserve != nil {
			c.check(i, i.Reserve, 16, "make of a map")
		}
	case *ssa.MakeChan:
		if t, ok := i.Type().Underlying().(*types.Chan); ok {
			c.check(i, i.Size, c.size(t.Elem()), "make of a channel")
		}
	case ssa.CallInstruction:
		args := ir.Args(i.Common())
		name := ir.Name(ir.Target(i.Common()))
		switch name {
		case "(*bytes.Buffer).Grow", "(*strings.Builder).Grow":
			c.check(i, args[0], 1, "Grow")
		case "strings.Repeat", "bytes.Repeat":
			c.check(i, args[1], 1, name)
		case "slices.Grow":
			c.check(i, args[1], 8, "slices.Grow")
		case "bufio.NewReaderSize", "bufio.NewWriterSize":
			c.check(i, args[1], 1, strings.TrimPrefix(name, "bufio."))
		}
	}
}

// size is the size of an element in bytes, where it is known.
func (c checker) size(t types.Type) int64 {
	if c.pass.TypesSizes == nil || open(t, 0) {
		return 8
	}
	return max(1, c.pass.TypesSizes.Sizeof(t))
}

// open reports whether the size of the type depends on a type parameter: then it
// must not be asked for.
func open(t types.Type, depth int) bool {
	if depth > 10 {
		return true
	}
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return open(u.Elem(), depth+1)
	case *types.Struct:
		for i := range u.NumFields() {
			if open(u.Field(i).Type(), depth+1) {
				return true
			}
		}
	}
	return false
}

// check reports whether the allocation was reported.
func (c checker) check(at ssa.Instruction, n ssa.Value, size int64, what string) bool {
	e := c.Int(n)
	if _, ok := e.Const(); ok || c.AtMost(e, bounds.Number(enough/size), at) {
		return false
	}
	src := c.NumSource(n)
	if !src.Known() || !c.untrusted(src) {
		return false
	}
	if c.Checked(at, bounds.TooGreat, append(src.Of(), n, e.Value())...) || c.Clamped(src) || c.Limited(e, at) {
		return false
	}
	c.pass.Reportf(at.Pos(), what+" takes its size from "+src.What+" without an upper limit: a great one is out of memory, which ends the process and cannot be recovered; compare it with a limit first")
	return true
}

// untrusted reports whether others than those who run the program decide.
func (c checker) untrusted(src bounds.Source) bool {
	for _, v := range src.Of() {
		if f := c.FieldOf(v); f != nil && c.IsSetting(v) {
			return false
		}
		e, ok := v.(*ssa.Extract)
		if !ok {
			continue
		}
		call, ok := e.Tuple.(*ssa.Call)
		if !ok || len(call.Call.Args) == 0 || !bounds.IsString(call.Call.Args[0].Type()) {
			continue
		}
		switch text := c.LenSource(call.Call.Args[0]); {
		case strings.Contains(text.What, "environment"), strings.Contains(text.What, "command line"), strings.Contains(text.What, "os.Args"):
			return false
		case !text.Known() && c.Internal(call.Call.Args[0]):
			return false
		}
	}
	return src.What != "a flag"
}
