// Package inlining estimates which functions the compiler inlines. It counts what
// cmd/compile/internal/inline counts, on syntax instead of the compiler's tree.
//
// It matters where inlining changes what a program does: Go 1.22 to 1.25 recover
// one frame too deep when the deferred function is inlined (golang/go#73916).
package inlining

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// Budgets and costs of cmd/compile/internal/inline, by name.
const (
	maxBudget  = 80  // inlineMaxBudget
	calledOnce = 800 // inlineClosureCalledOnceCost, since Go 1.24
	extraCall  = 57  // inlineExtraCallCost
	paramCall  = 17  // inlineParamCallCost, since Go 1.25
	closure    = 16  // the node, and what it is charged
	never      = 1 << 20
)

// An Era is a range of releases that count alike.
type Era int

// Eras of the releases whose inlining matters.
const (
	Go122 Era = iota // Go 1.22 and 1.23
	Go124            // Go 1.24 and 1.25: literals that are called once have ten budgets
)

// An Estimator knows the functions of one package.
type Estimator struct {
	info  *types.Info
	decls map[*types.Func]*ast.FuncDecl
	known [2]map[ast.Node]int
}

// New makes an estimator for the files of a package.
func New(files []*ast.File, info *types.Info) *Estimator {
	e := &Estimator{info: info, decls: make(map[*types.Func]*ast.FuncDecl)}
	for i := range e.known {
		e.known[i] = make(map[ast.Node]int)
	}
	for _, file := range files {
		for _, d := range file.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				if fn, ok := info.Defs[d.Name].(*types.Func); ok {
					e.decls[fn] = d
				}
			}
		}
	}
	return e
}

// Inlines reports whether calls of the function, an *ast.FuncDecl or an
// *ast.FuncLit, are inlined. Literals are called in times places.
func (e *Estimator) Inlines(fn ast.Node, era Era, times int) bool {
	return e.cost(fn, era) <= limit(fn, era, times)
}

func limit(fn ast.Node, era Era, times int) int {
	_, lit := fn.(*ast.FuncLit)
	switch {
	case !lit || era == Go122:
		return maxBudget
	case times == 1:
		return calledOnce
	}
	return 2 * maxBudget
}

// cost is what the compiler counts for the body of fn.
func (e *Estimator) cost(fn ast.Node, era Era) int {
	if c, ok := e.known[era][fn]; ok {
		return c
	}
	e.known[era][fn] = never // while it is counted: a recursive function is not inlined
	var body *ast.BlockStmt
	var sig *types.Signature
	switch fn := fn.(type) {
	case *ast.FuncDecl:
		if fn.Body == nil || pragma(fn.Doc) {
			return never
		}
		body = fn.Body
		if obj, ok := e.info.Defs[fn.Name].(*types.Func); ok {
			sig = obj.Signature()
		}
	case *ast.FuncLit:
		body = fn.Body
		sig, _ = e.info.TypeOf(fn).(*types.Signature)
	}
	if body == nil || sig == nil {
		return never
	}
	c := counter{e: e, era: era, sig: sig}
	c.stmts(body.List)
	e.known[era][fn] = min(c.n, never)
	return e.known[era][fn]
}

func pragma(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		text := strings.TrimSpace(c.Text)
		if text == "//go:noinline" || strings.HasPrefix(text, "//go:uintpt") || text == "//go:cgo_unsafe_args" {
			return true
		}
	}
	return false
}

// A counter counts the nodes of one function.
type counter struct {
	e   *Estimator
	era Era
	sig *types.Signature
	n   int
}

func (c *counter) stmts(list []ast.Stmt) {
	for _, s := range list {
		c.stmt(s)
	}
}

func (c *counter) stmt(s ast.Stmt) {
	if c.n >= never {
		return
	}
	switch s := s.(type) {
	case nil, *ast.EmptyStmt:
	case *ast.ExprStmt:
		c.expr(s.X)
	case *ast.BlockStmt:
		c.stmts(s.List)
	case *ast.AssignStmt:
		c.assign(s.Lhs, s.Rhs, s.Tok == token.DEFINE)
	case *ast.IncDecStmt:
		c.n += 2
		c.expr(s.X)
	case *ast.ReturnStmt:
		c.n++
		for i, r := range s.Results {
			c.expr(r)
			if len(s.Results) == c.sig.Results().Len() {
				c.convert(r, c.sig.Results().At(i).Type())
			}
		}
	case *ast.DeclStmt:
		c.decl(s)
	case *ast.SendStmt:
		c.n++
		c.expr(s.Chan)
		c.expr(s.Value)
	case *ast.LabeledStmt:
		c.n++
		c.stmt(s.Stmt)
	case *ast.BranchStmt:
		c.n++
	case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		c.control(s)
	default: // go, defer
		c.n = never
	}
}

func (c *counter) control(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.IfStmt:
		c.ifStmt(s)
	case *ast.ForStmt:
		c.n++
		c.stmt(s.Init)
		c.expr(s.Cond)
		c.stmt(s.Post)
		c.stmts(s.Body.List)
	case *ast.RangeStmt:
		if _, ok := types.Unalias(c.e.info.TypeOf(s.X)).Underlying().(*types.Signature); ok {
			c.n += 1 + closure + extraCall
		}
		c.n++
		for _, v := range []ast.Expr{s.Key, s.Value} {
			if v != nil {
				c.name(v, s.Tok == token.DEFINE)
			}
		}
		c.expr(s.X)
		c.stmts(s.Body.List)
	case *ast.SwitchStmt:
		c.n++
		c.stmt(s.Init)
		c.expr(s.Tag)
		c.clauses(s.Body)
	case *ast.TypeSwitchStmt:
		c.n += 2
		c.stmt(s.Init)
		ast.Inspect(s.Assign, func(n ast.Node) bool {
			if x, ok := n.(*ast.TypeAssertExpr); ok {
				c.expr(x.X)
				return false
			}
			return true
		})
		if _, ok := s.Assign.(*ast.AssignStmt); ok {
			c.n += 2 * len(s.Body.List) // a variable in each clause
		}
		for _, clause := range s.Body.List {
			c.n++
			if clause, ok := clause.(*ast.CaseClause); ok {
				c.stmts(clause.Body)
			}
		}
	case *ast.SelectStmt:
		c.n++
		for _, clause := range s.Body.List {
			c.n++
			if clause, ok := clause.(*ast.CommClause); ok {
				c.stmt(clause.Comm)
				c.stmts(clause.Body)
			}
		}
	}
}

func (c *counter) ifStmt(s *ast.IfStmt) {
	if v := c.e.info.Types[s.Cond].Value; v != nil { // the branch that is not taken costs nothing
		c.stmt(s.Init)
		if v.String() == "true" {
			c.stmts(s.Body.List)
		} else {
			c.stmt(s.Else)
		}
		return
	}
	c.n++
	c.stmt(s.Init)
	c.expr(s.Cond)
	c.stmts(s.Body.List)
	c.stmt(s.Else)
}

func (c *counter) clauses(body *ast.BlockStmt) {
	for _, s := range body.List {
		clause, ok := s.(*ast.CaseClause)
		if !ok {
			continue
		}
		c.n++
		for _, e := range clause.List {
			c.expr(e)
		}
		c.stmts(clause.Body)
	}
}

func (c *counter) assign(lhs, rhs []ast.Expr, define bool) {
	c.n++
	for _, e := range lhs {
		c.name(e, define)
	}
	for i, e := range rhs {
		c.expr(e)
		if len(lhs) == len(rhs) {
			c.convert(e, c.e.info.TypeOf(lhs[i]))
		}
	}
}

// name counts what is assigned; a new variable is declared besides.
func (c *counter) name(e ast.Expr, define bool) {
	c.expr(e)
	if id, ok := e.(*ast.Ident); ok && define && c.e.info.Defs[id] != nil {
		c.n += 2
	}
}

func (c *counter) decl(s *ast.DeclStmt) {
	d, ok := s.Decl.(*ast.GenDecl)
	if !ok || d.Tok != token.VAR {
		return
	}
	for _, spec := range d.Specs {
		if spec, ok := spec.(*ast.ValueSpec); ok {
			c.n += 1 + 3*len(spec.Names)
			for i, v := range spec.Values {
				c.expr(v)
				if len(spec.Names) == len(spec.Values) {
					c.convert(v, c.e.info.TypeOf(spec.Names[i]))
				}
			}
		}
	}
}

// convert counts a conversion to an interface that nobody wrote.
func (c *counter) convert(e ast.Expr, to types.Type) {
	from := c.e.info.Types[e]
	if to == nil || from.Type == nil || from.IsNil() || !types.IsInterface(to) {
		return
	}
	if _, ok := from.Type.(*types.Tuple); ok || types.Identical(from.Type, to) {
		return
	}
	if _, ok := types.Unalias(to).(*types.TypeParam); ok {
		return
	}
	c.n++
}
