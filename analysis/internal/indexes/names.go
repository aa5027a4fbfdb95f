package indexes

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// syntax is the expression that an instruction stands for.
type syntax struct {
	whole, x, index, low, high ast.Expr
}

// written finds the index or slice expression of an instruction. There is none for
// the elements of a range loop or of a literal.
func (c *checker) written(at ssa.Instruction) (syntax, bool) {
	if c.exprs == nil {
		c.exprs = make(map[token.Pos]syntax)
		for _, file := range c.files {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.IndexExpr:
					c.exprs[n.Lbrack] = syntax{whole: n, x: n.X, index: n.Index}
				case *ast.SliceExpr:
					c.exprs[n.Lbrack] = syntax{whole: n, x: n.X, low: n.Low, high: n.High}
				}
				return true
			})
		}
	}
	s, ok := c.exprs[at.Pos()]
	return s, ok
}

// kernel reports whether the file reads what the kernel writes, whose format is
// fixed: it has a path below /proc or /sys.
func (c *checker) kernel(at ssa.Instruction) bool {
	for _, file := range c.files {
		if at.Pos() < file.FileStart || at.Pos() > file.FileEnd {
			continue
		}
		found := false
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && (strings.HasPrefix(lit.Value, `"/proc/`) || strings.HasPrefix(lit.Value, `"/sys/`)) {
				found = true
			}
			return !found
		})
		return found
	}
	return false
}

// text is how the code writes the expression of the instruction.
func (c *checker) text(at ssa.Instruction) string {
	s, _ := c.written(at)
	return shortened(s.whole)
}

// name is how the code writes v, which is what the instruction works on.
func (c *checker) name(at ssa.Instruction, v ssa.Value) string {
	s, _ := c.written(at)
	var e ast.Expr
	switch i := at.(type) {
	case *ssa.IndexAddr:
		e = pick(v, i.X, s.x, i.Index, s.index)
	case *ssa.Index:
		e = pick(v, i.X, s.x, i.Index, s.index)
	case *ssa.Lookup:
		e = pick(v, i.X, s.x, i.Index, s.index)
	case *ssa.Slice:
		e = pick(v, i.X, s.x, i.High, s.high)
		if e == nil && v == i.Low {
			e = s.low
		}
	}
	if e == nil {
		return c.variable(at, v)
	}
	return shortened(e)
}

// variable is the name of a parameter or of a variable that was assigned.
func (c *checker) variable(at ssa.Instruction, v ssa.Value) string {
	if p, ok := v.(*ssa.Parameter); ok {
		return p.Name()
	}
	if s, _ := c.written(at); s.high != nil {
		if sum, ok := ast.Unparen(s.high).(*ast.BinaryExpr); ok {
			return shortened(sum.Y)
		}
	}
	return "the step"
}

func shortened(e ast.Expr) string {
	text := types.ExprString(e)
	if len(text) > 50 {
		return text[:47] + "..."
	}
	return text
}

func pick(v, a ssa.Value, x ast.Expr, b ssa.Value, y ast.Expr) ast.Expr {
	switch v {
	case a:
		return x
	case b:
		return y
	}
	return nil
}

func plural(n int64) string {
	if n == 1 {
		return "1 element"
	}
	return number(n) + " elements"
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
