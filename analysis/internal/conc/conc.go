// Package conc finds out what rules about goroutines ask: which functions run in
// goroutines of their own and from where, what is done to one channel, and which
// locks are held. Start with [New].
package conc

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// A Package is what is known of one package.
type Package struct {
	Facts *behaviour.Facts
	Funcs []*ssa.Function // with a source, literals included

	pass    *analysis.Pass
	source  map[*ssa.Function]bool
	texts   map[token.Pos]string
	callers map[*ssa.Function][]ssa.CallInstruction
	values  map[*ssa.Function]bool // used as a value somewhere
}

// New starts to look at the package of the pass, which needs the results of
// behaviour.Analyzer.
func New(pass *analysis.Pass) *Package {
	p := &Package{pass: pass, source: make(map[*ssa.Function]bool)}
	facts, ok := pass.ResultOf[behaviour.Analyzer].(*behaviour.Facts)
	if !ok {
		return p
	}
	p.Facts, p.Funcs = facts, facts.Funcs
	for _, fn := range p.Funcs {
		p.source[fn] = true
	}
	return p
}

// Here reports whether fn is a function of this package whose source is known.
func (p *Package) Here(fn *ssa.Function) bool { return fn != nil && p.source[fn] }

// Ends reports whether a call never returns.
func (p *Package) Ends(i ssa.Instruction) bool {
	c, ok := i.(*ssa.Call)
	return ok && p.Facts.OfCall(c.Common()).NeverReturns
}

// A Spawn is a place where a goroutine starts.
type Spawn struct {
	Call ssa.CallInstruction // the go statement, or the call of errgroup's Go
	Fn   *ssa.Function       // what runs there
	Args []ssa.Value         // of a go statement; nil for callbacks
	Loop bool                // many may run at once
}

// Spawn is the goroutine that the call starts in this package, if it does.
func (p *Package) Spawn(c ssa.CallInstruction) (Spawn, bool) {
	s := Spawn{Call: c}
	if g, ok := c.(*ssa.Go); ok {
		s.Fn, s.Args = ir.Callee(g.Common()), g.Call.Args
		if !p.Here(s.Fn) {
			return s, false
		}
		s.Loop = InLoop(c.Block())
		return s, true
	}
	if _, ok := c.(*ssa.Call); !ok {
		return s, false
	}
	for _, cb := range p.Facts.OfCall(c.Common()).Callbacks {
		args := ir.Args(c.Common())
		if cb.Where != model.Goroutine || cb.Param >= len(args) {
			continue
		}
		if fn := ir.Func(args[cb.Param]); p.Here(fn) {
			s.Fn, s.Loop = fn, InLoop(c.Block())
			return s, true
		}
	}
	return s, false
}

// Spawns yields the goroutines that fn starts.
func (p *Package) Spawns(fn *ssa.Function, yield func(Spawn)) {
	ir.Calls(fn, func(c ssa.CallInstruction) {
		if s, ok := p.Spawn(c); ok {
			yield(s)
		}
	})
}

// Callers are the calls of fn in this package, and whether they are all there
// can be: the function is not exported and is not used as a value.
func (p *Package) Callers(fn *ssa.Function) ([]ssa.CallInstruction, bool) {
	if p.callers == nil {
		p.index()
	}
	obj := ir.Object(fn)
	closed := obj != nil && !obj.Exported() && !p.values[fn]
	return p.callers[fn], closed
}

// index finds all static calls, and functions that are used as values.
func (p *Package) index() {
	p.callers = make(map[*ssa.Function][]ssa.CallInstruction)
	p.values = make(map[*ssa.Function]bool)
	var ops []*ssa.Value
	for _, fn := range p.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				c, call := i.(ssa.CallInstruction)
				if call {
					if callee := ir.Callee(c.Common()); callee != nil {
						p.callers[callee] = append(p.callers[callee], c)
					}
				}
				ops = i.Operands(ops[:0])
				for n, o := range ops {
					if call && n == 0 && !c.Common().IsInvoke() || *o == nil {
						continue
					}
					if f, ok := (*o).(*ssa.Function); ok {
						p.values[plain(f)] = true
					}
				}
			}
		}
	}
}

func plain(f *ssa.Function) *ssa.Function {
	if g := ir.Func(f); g != nil {
		return g
	}
	return f
}

// RangeBody reports whether the function is the body of a loop over a function.
func RangeBody(fn *ssa.Function) bool { return strings.HasPrefix(fn.Synthetic, "range-over-func") }

// InLoop reports whether the block may run more than once in one call.
func InLoop(b *ssa.BasicBlock) bool {
	if b == nil {
		return false
	}
	if RangeBody(b.Parent()) {
		return true
	}
	for _, s := range b.Succs {
		if Reaches(s, b) {
			return true
		}
	}
	return false
}

// SameLoop reports whether a and b are in one loop.
func SameLoop(a, b *ssa.BasicBlock) bool {
	return a.Parent() == b.Parent() && Reaches(a, b) && Reaches(b, a) && (a != b || InLoop(a))
}

// Reaches reports whether a path leads from the start of one block to another.
func Reaches(from, to *ssa.BasicBlock) bool {
	if from.Parent() != to.Parent() {
		return false
	}
	seen := make([]bool, len(from.Parent().Blocks))
	todo := []*ssa.BasicBlock{from}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if b == to {
			return true
		}
		if seen[b.Index] {
			continue
		}
		seen[b.Index] = true
		todo = append(todo, b.Succs...)
	}
	return false
}

// Always reports whether the instruction runs whenever its function returns.
func Always(i ssa.Instruction) bool {
	for _, b := range i.Parent().Blocks {
		if len(b.Instrs) == 0 {
			continue
		}
		if _, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && b != i.Parent().Recover && !i.Block().Dominates(b) {
			return false
		}
	}
	return true
}

// Text is how the source writes the operand of the operation at pos: the channel
// of a send, the mutex of an Unlock, the argument of close.
func (p *Package) Text(i ssa.Instruction, pos token.Pos) string {
	if p.texts == nil {
		p.texts = make(map[token.Pos]string)
		for _, f := range p.pass.Files {
			ast.Inspect(f, func(n ast.Node) bool {
				p.text(n)
				return true
			})
		}
	}
	if t := p.texts[pos]; t != "" {
		return t
	}
	if i != nil {
		return p.texts[i.Pos()]
	}
	return ""
}

func (p *Package) text(n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		p.texts[n.Lparen] = operand(n)
	case *ast.DeferStmt:
		p.texts[n.Defer] = operand(n.Call)
	case *ast.GoStmt:
		p.texts[n.Go] = operand(n.Call)
	case *ast.SendStmt:
		p.texts[n.Arrow] = types.ExprString(n.Chan)
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			p.texts[n.OpPos] = types.ExprString(n.X)
		}
	case *ast.RangeStmt:
		p.texts[n.For] = types.ExprString(n.X)
		if n.TokPos.IsValid() {
			p.texts[n.TokPos] = types.ExprString(n.X)
		}
	case *ast.IndexExpr:
		p.texts[n.Lbrack] = types.ExprString(n.X)
	}
}

func operand(c *ast.CallExpr) string {
	switch f := ast.Unparen(c.Fun).(type) {
	case *ast.SelectorExpr:
		if len(c.Args) == 0 || f.Sel.Name == "Add" {
			return types.ExprString(f.X)
		}
	case *ast.Ident:
		if len(c.Args) > 0 && (f.Name == "close" || f.Name == "delete" || f.Name == "clear" || f.Name == "len") {
			return types.ExprString(c.Args[0])
		}
	}
	return ""
}

// Or is the text, or what to say instead.
func Or(text, instead string) string {
	if text == "" || len(text) > 60 {
		return instead
	}
	return text
}

// Pos is where the instruction stands. The receive of "for range ch" has no
// position of its own: it is that of the statement.
func Pos(i ssa.Instruction) token.Pos {
	if i.Pos().IsValid() {
		return i.Pos()
	}
	recv, ok := i.(*ssa.UnOp)
	if !ok || recv.Op != token.ARROW || i.Parent().Syntax() == nil {
		return token.NoPos
	}
	before := token.NoPos // of what runs before the loop
	if v, ok := recv.X.(ssa.Instruction); ok && v.Parent() == i.Parent() {
		before = v.Pos()
	}
	var found token.Pos
	ast.Inspect(i.Parent().Syntax(), func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && lit != i.Parent().Syntax() {
			return false
		}
		if r, ok := n.(*ast.RangeStmt); ok && r.Tok == token.ILLEGAL && !found.IsValid() && r.X.End() >= before {
			found = r.For
		}
		return true
	})
	return found
}

// Touching are the functions that run an instruction of the kind themselves or
// in a function of this package that they call.
func (p *Package) Touching(kind func(ssa.Instruction) bool) map[*ssa.Function]bool {
	touching := make(map[*ssa.Function]bool)
	calls := make(map[*ssa.Function][]*ssa.Function) // from callee to caller
	var todo []*ssa.Function
	for _, fn := range p.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if kind(i) && !touching[fn] {
					touching[fn] = true
					todo = append(todo, fn)
				}
				if c, ok := i.(ssa.CallInstruction); ok {
					if callee := ir.Callee(c.Common()); p.Here(callee) {
						calls[callee] = append(calls[callee], fn)
					}
				}
			}
		}
	}
	for len(todo) > 0 {
		fn := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, caller := range calls[fn] {
			if !touching[caller] {
				touching[caller] = true
				todo = append(todo, caller)
			}
		}
	}
	return touching
}
