package inlining

import (
	"go/ast"
	"go/token"
	"go/types"
)

func (c *counter) exprs(list []ast.Expr) {
	for _, e := range list {
		c.expr(e)
	}
}

func (c *counter) expr(e ast.Expr) {
	if e == nil || c.n >= never {
		return
	}
	if tv := c.e.info.Types[e]; tv.Value != nil {
		c.n++
		return
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		c.expr(e.X)
	case *ast.SelectorExpr:
		c.selector(e)
	case *ast.IndexExpr:
		if tv := c.e.info.Types[e.Index]; tv.IsType() { // an instance of a generic function
			c.expr(e.X)
			return
		}
		c.n++
		c.expr(e.X)
		c.expr(e.Index)
	case *ast.IndexListExpr:
		c.expr(e.X)
	case *ast.SliceExpr:
		c.n++
		c.exprs([]ast.Expr{e.X, e.Low, e.High, e.Max})
	case *ast.StarExpr:
		c.n++
		c.expr(e.X)
	case *ast.UnaryExpr:
		c.n++
		c.expr(e.X)
	case *ast.BinaryExpr:
		c.binary(e)
	case *ast.TypeAssertExpr:
		c.n++
		c.expr(e.X)
	case *ast.CompositeLit:
		c.composite(e)
	case *ast.FuncLit:
		c.n += closure
	case *ast.CallExpr:
		c.call(e)
	default: // a name
		c.n++
	}
}

func (c *counter) selector(e *ast.SelectorExpr) {
	sel := c.e.info.Selections[e]
	if sel == nil { // of a package
		c.n++
		return
	}
	c.n += len(sel.Index())
	if sel.Kind() == types.MethodVal {
		c.n++
	}
	if sel.Kind() != types.MethodExpr {
		c.expr(e.X)
	}
}

func (c *counter) binary(e *ast.BinaryExpr) {
	if t, ok := types.Unalias(c.e.info.TypeOf(e)).Underlying().(*types.Basic); ok && e.Op == token.ADD && t.Info()&types.IsString != 0 {
		if x, ok := ast.Unparen(e.X).(*ast.BinaryExpr); !ok || x.Op != token.ADD || c.e.info.Types[x].Value != nil {
			c.n++ // one node for the whole sum
		}
		c.expr(e.X)
		c.expr(e.Y)
		return
	}
	c.n++
	c.expr(e.X)
	c.expr(e.Y)
	if e.Op == token.EQL || e.Op == token.NEQ {
		c.convert(e.X, c.e.info.TypeOf(e.Y))
		c.convert(e.Y, c.e.info.TypeOf(e.X))
	}
}

func (c *counter) composite(e *ast.CompositeLit) {
	c.n++
	var elem types.Type
	switch t := types.Unalias(c.e.info.TypeOf(e)).Underlying().(type) {
	case *types.Slice:
		c.n++
		elem = t.Elem()
	case *types.Array:
		elem = t.Elem()
	case *types.Map:
		elem = t.Elem()
	}
	_, fields := types.Unalias(c.e.info.TypeOf(e)).Underlying().(*types.Struct)
	for _, v := range e.Elts {
		if kv, ok := v.(*ast.KeyValueExpr); ok {
			c.n++
			if !fields {
				c.expr(kv.Key)
			}
			v = kv.Value
		} else if fields {
			c.n++
		}
		c.expr(v)
		if elem != nil {
			c.convert(v, elem)
		}
	}
}

func (c *counter) call(e *ast.CallExpr) {
	fun := ast.Unparen(e.Fun)
	tv := c.e.info.Types[fun]
	switch {
	case tv.IsType():
		c.conversion(e, tv.Type)
		return
	case tv.IsBuiltin():
		c.builtin(e, fun)
		return
	}
	c.n++
	sig, _ := types.Unalias(c.e.info.TypeOf(fun)).Underlying().(*types.Signature)
	c.arguments(e, sig)
	obj := c.callee(fun)
	if obj != nil && (obj.Signature().TypeParams().Len() > 0 || obj.Signature().RecvTypeParams().Len() > 0) {
		c.n += 2 // the address of the dictionary
	}
	if f, ok := fun.(*ast.SelectorExpr); ok && c.e.info.Selections[f] != nil {
		c.operand(f, obj)
	} else {
		c.expr(fun)
	}
	c.n += c.extra(fun, obj)
}

// operand counts what is called: a method, or a function in a field.
func (c *counter) operand(f *ast.SelectorExpr, method *types.Func) {
	sel := c.e.info.Selections[f]
	if sel.Kind() != types.MethodVal {
		c.expr(f)
		return
	}
	c.n += len(sel.Index()) - 1 // embedded fields
	if method == nil {
		c.n++ // of an interface
	}
	c.expr(f.X)
}

// extra is what a call costs beyond its nodes: the body, where that is inlined.
func (c *counter) extra(fun ast.Expr, obj *types.Func) int {
	if lit, ok := fun.(*ast.FuncLit); ok {
		if n := c.e.cost(lit, c.era); n <= limit(lit, c.era, 2) {
			return n
		}
		return extraCall
	}
	if obj == nil {
		if id, ok := fun.(*ast.Ident); ok && c.era == Go124 && c.parameter(id) {
			return paramCall
		}
		return extraCall
	}
	if n, ok := cheap(obj); ok {
		return n
	}
	if d, ok := c.e.decls[obj.Origin()]; ok {
		if n := c.e.cost(d, c.era); n <= maxBudget {
			return n
		}
	}
	return extraCall
}

func (c *counter) parameter(id *ast.Ident) bool {
	v, ok := c.e.info.Uses[id].(*types.Var)
	if !ok {
		return false
	}
	for p := range c.sig.Params().Variables() {
		if p == v {
			return true
		}
	}
	return false
}

// callee is the declared function or method that is called, if it is no method
// of an interface.
func (c *counter) callee(fun ast.Expr) *types.Func {
	switch f := fun.(type) {
	case *ast.IndexExpr:
		return c.callee(ast.Unparen(f.X))
	case *ast.IndexListExpr:
		return c.callee(ast.Unparen(f.X))
	case *ast.Ident:
		fn, _ := c.e.info.Uses[f].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := c.e.info.Uses[f.Sel].(*types.Func)
		if fn != nil && fn.Signature().Recv() != nil && types.IsInterface(fn.Signature().Recv().Type()) {
			return nil
		}
		return fn
	}
	return nil
}

func (c *counter) arguments(e *ast.CallExpr, sig *types.Signature) {
	c.exprs(e.Args)
	if sig == nil {
		return
	}
	params := sig.Params()
	last := params.Len() - 1
	if sig.Variadic() && !e.Ellipsis.IsValid() {
		switch {
		case len(e.Args) > last:
			c.n += 2 // the slice
		default:
			c.n++
		}
	}
	for i, arg := range e.Args {
		switch {
		case sig.Variadic() && !e.Ellipsis.IsValid() && i >= last && last >= 0:
			if s, ok := params.At(last).Type().Underlying().(*types.Slice); ok {
				c.convert(arg, s.Elem())
			}
		case i <= last:
			c.convert(arg, params.At(i).Type())
		}
	}
}

func (c *counter) conversion(e *ast.CallExpr, to types.Type) {
	c.exprs(e.Args)
	if len(e.Args) != 1 {
		return
	}
	from := c.e.info.TypeOf(e.Args[0])
	if from != nil && types.Identical(from.Underlying(), to.Underlying()) {
		return // OCONVNOP produces no code
	}
	c.n++
}

func (c *counter) builtin(e *ast.CallExpr, fun ast.Expr) {
	name := ""
	switch f := fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	switch name {
	case "recover":
		c.n = never
		return
	case "panic":
		c.n++ // inlineExtraPanicCost; its conversion is free
	}
	c.n++
	for _, arg := range e.Args {
		if !c.e.info.Types[arg].IsType() {
			c.expr(arg)
		}
	}
}

// cheap is the cost of functions of the standard library that are called beside
// a guard and cost less than a call.
func cheap(fn *types.Func) (int, bool) {
	if fn.Pkg() == nil {
		return 0, false
	}
	switch fn.Pkg().Path() {
	case "sync/atomic", "math/bits": // intrinsics, and methods that are one
		return 3, true
	case "errors":
		if fn.Name() == "New" {
			return 9, true
		}
	}
	return 0, false
}
