// Package panickingstdlibarg holds the rule panicking-stdlib-arg.
package panickingstdlibarg

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/bounds"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports arguments that make a function of the standard library panic, and
// denominators that may be 0.
var Rule = rule.New(rule.Rule{
	ID:   "panicking-stdlib-arg",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "an argument breaks the contract of a standard function, which panics",
		Why: `Some functions of the standard library have no error to return: strings.Repeat with a
negative count, rand.Intn(0), time.NewTicker(0), a division by zero, an
initialisation vector of the wrong length. They panic, and where the number comes
from a configuration, a request or the length of a list, somebody else decides when.`,
		Bad:  "t := time.NewTicker(cfg.Interval) // 0 when the file does not say",
		Good: "if cfg.Interval <= 0 {\n\tcfg.Interval = time.Minute\n}\nt := time.NewTicker(cfg.Interval)",
		LeftAlone: []string{
			"constants that keep the contract, max(0, n), and numbers that a condition has bounded",
			"a number or a list of unknown origin, such as a field: who set it may have asked",
			"a setting that this package compares or sets anywhere",
			"time.Tick, time.NewTimer and time.After: they take any duration",
			"http.NewRequest: it returns an error",
			"unsigned counts, and sizes of what is in memory",
		},
		Scenarios: []string{"strings-repeat-neg", "newticker-zero", "div-zero", "makeslice-neg-len", "makechan-neg", "atomic-value-type", "reflect-zero-value", "reflect-unexported-set"},
	},
}, run, bounds.Analyzer, buildssa.Analyzer)

func run(pass *rule.Pass) error {
	facts, ok := pass.ResultOf[bounds.Analyzer].(*bounds.Facts)
	s, ok2 := pass.ResultOf[buildssa.Analyzer].(*buildssa.SSA)
	if !ok || !ok2 {
		return nil
	}
	c := &checker{Solver: facts.Solver(), pass: pass}
	for _, fn := range s.SrcFuncs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				c.instruction(i)
			}
		}
	}
	c.atomics(s.SrcFuncs)
	return nil
}

type checker struct {
	*bounds.Solver
	pass   *rule.Pass
	fields map[*types.Var]ssa.Value // of type atomic.Value
}

func (c *checker) instruction(i ssa.Instruction) {
	switch i := i.(type) {
	case ssa.CallInstruction:
		name := ir.Name(ir.Target(i.Common()))
		k, ok := contracts[name]
		if !ok {
			return
		}
		var arg ssa.Value
		args := ir.Args(i.Common())
		switch {
		case k.arg >= 0 && k.arg < len(args):
			arg = args[k.arg]
		case k.arg < 0 && len(i.Common().Args) > 0:
			arg = i.Common().Args[0]
		default:
			return
		}
		if why := c.broken(i, k, arg); why != "" {
			c.pass.Reportf(i.Pos(), short(name)+" panics "+why)
		}
	case *ssa.BinOp:
		c.division(i)
	case *ssa.MakeSlice:
		c.made(i, i.Len, "make")
	case *ssa.MakeChan:
		c.made(i, i.Size, "make of a channel")
	}
}

// short is the name as code writes it: rand.Intn, (*bytes.Buffer).Grow.
func short(name string) string {
	at := strings.LastIndex(name, "/")
	if at < 0 {
		return name
	}
	open := ""
	if strings.HasPrefix(name, "(*") {
		open = "(*"
	} else if strings.HasPrefix(name, "(") {
		open = "("
	}
	if name = name[at+1:]; strings.HasPrefix(name, "v2.") {
		name = "rand." + name[len("v2."):]
	}
	return strings.NewReplacer("(binary.bigEndian)", "binary.BigEndian", "(binary.littleEndian)", "binary.LittleEndian").Replace(open + name)
}

// division checks integer denominators.
func (c *checker) division(i *ssa.BinOp) {
	if i.Op != token.QUO && i.Op != token.REM || !bounds.IsInt(i.Type()) || !i.Pos().IsValid() {
		return
	}
	if why := c.zero(i, i.Y); why != "" {
		c.pass.Reportf(i.Pos(), "the division panics "+why)
	}
}

// zero says why a number may be 0.
func (c *checker) zero(at ssa.Instruction, v ssa.Value) string {
	e := c.Int(v)
	if _, ok := e.Const(); ok || c.NotZero(e, at) {
		return ""
	}
	return c.low(at, v, e, 1, "is 0")
}

// made checks that a length is not negative. What is too great is another rule's.
func (c *checker) made(at ssa.Instruction, n ssa.Value, what string) {
	e := c.Int(n)
	if !at.Pos().IsValid() || c.NotNegative(e, at) {
		return
	}
	src := c.NumSource(n)
	// Without any bound it is alloc-untrusted that speaks.
	if !src.Known() || !c.Signed(src) || !c.Bounded(e, at) {
		return
	}
	if !c.Checked(at, bounds.TooSmall, append(src.Of(), n, e.Value())...) {
		c.pass.Reportf(at.Pos(), what+" panics when the number from "+src.What+" is negative; ask for that too")
	}
}

// broken says when the argument breaks the contract, or nothing.
func (c *checker) broken(at ssa.CallInstruction, k contract, arg ssa.Value) string {
	switch k.need {
	case atLeast:
		return c.least(at, arg, k.n)
	case between:
		return c.between(at, arg, k)
	case lenAtLeast:
		return c.longEnough(at, arg, k.n)
	case lenExactly, blockIV:
		return c.exactly(at, k, arg)
	case fullBlocks:
		return c.blocks(at, arg)
	case nonce:
		return c.nonce(at, arg)
	case notZero:
		return c.bigZero(at, arg)
	case within:
		return c.within(at, arg)
	case room:
		return c.room(at, arg)
	}
	return c.shape(at, k, arg)
}

// least: a number that must be at least n, 0 or 1.
func (c *checker) least(at ssa.Instruction, arg ssa.Value, n int64) string {
	e := c.Int(arg)
	if c.AtLeast(e, n, at) {
		return ""
	}
	if k, ok := e.Const(); ok {
		if k < n && !c.AtMost(bounds.Number(1), bounds.Number(0), at) {
			return "always: " + number(k) + " is less than " + number(n)
		}
		return ""
	}
	if n > 0 {
		return c.low(at, arg, e, n, "is not positive")
	}
	if e.IsLen() && e.K < 0 && !c.AtLeast(e, 0, at) {
		return c.emptyList(at, e)
	}
	if why := c.low(at, arg, e, n, "is negative"); why != "" {
		return why
	}
	return c.padding(at, arg)
}

// low says where a number comes from that may be less than n.
func (c *checker) low(at ssa.Instruction, v ssa.Value, e bounds.Expr, n int64, how string) string {
	if n > 0 && e.IsLen() && e.K <= 0 {
		return c.emptyList(at, e)
	}
	src := c.NumSource(v)
	if src.Known() && n <= 0 && !c.Signed(src) {
		return ""
	}
	if !src.Known() {
		src = c.Setting(v)
	} else if f := c.FieldOf(v); f != nil && c.Minded(f) {
		return ""
	}
	if !src.Known() || c.Checked(at, bounds.TooSmall, append(src.Of(), v, e.Value())...) {
		return ""
	}
	return "when the number from " + src.What + " " + how + "; ask for that first"
}

// emptyList: a length that must not be 0.
func (c *checker) emptyList(at ssa.Instruction, e bounds.Expr) string {
	src := c.LenSource(e.Value())
	switch {
	case src.Known():
		if c.Checked(at, bounds.TooSmall, src.Of()...) {
			return ""
		}
		return "when the list is empty, as " + src.What + " may make it; ask for that first"
	case c.Checked(at, bounds.TooSmall, e.Value()) || c.Aware(at, e, 1):
	case c.Empty(e.Value()):
		return "when nothing was appended to the list; ask for that first"
	case handed(at, e.Value()):
		return "when " + at.Parent().Name() + " is given an empty list; ask for that first"
	}
	return ""
}

// handed reports whether the list is what an exported function of the package is
// given, as it is: nobody has looked at it yet.
func handed(at ssa.Instruction, list ssa.Value) bool {
	p := bounds.Handed(list)
	return p != nil && p == list && p.Parent() == at.Parent()
}

// padding: width-len(s), which is negative when s is longer.
func (c *checker) padding(at ssa.Instruction, arg ssa.Value) string {
	sub, ok := c.Int(arg).Value().(*ssa.BinOp) // without a constant
	if !ok || sub.Op != token.SUB {
		return ""
	}
	of, from := c.Int(sub.Y), c.Int(sub.X)
	if !of.IsLen() {
		return ""
	}
	_, isConst := from.Const()
	_, isParam := from.Value().(*ssa.Parameter)
	if !isConst && !isParam || c.Checked(at, bounds.TooSmall, sub, from.Value()) || c.Checked(at, bounds.TooGreat, of.Value()) {
		return ""
	}
	if _, ok := of.Value().(*ssa.Const); ok {
		return ""
	}
	return "when the text is longer than the width, because the count is negative then; use max(0, ...)"
}

func (c *checker) between(at ssa.Instruction, arg ssa.Value, k contract) string {
	e := c.Int(arg)
	if n, ok := e.Const(); ok {
		if n < k.n || n > k.max {
			return "always: " + number(n) + " is not from " + number(k.n) + " to " + number(k.max)
		}
		return ""
	}
	if c.AtLeast(e, k.n, at) && c.AtMost(e, bounds.Number(k.max), at) {
		return ""
	}
	src := c.NumSource(arg)
	if !src.Known() || c.Checked(at, bounds.TooSmall, append(src.Of(), arg, e.Value())...) || c.Checked(at, bounds.TooGreat, append(src.Of(), arg, e.Value())...) || c.AtLeast(e, k.n, at) {
		return ""
	}
	return "when the number from " + src.What + " is not from " + number(k.n) + " to " + number(k.max) + "; ask for that first"
}
