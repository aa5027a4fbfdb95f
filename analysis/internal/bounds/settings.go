package bounds

import (
	"go/token"
	"go/types"
	"regexp"

	"golang.org/x/tools/go/ssa"
)

// Setting tells whether the number v comes from a field that a configuration file
// or the environment fills, and that nothing in this package compares or sets.
func (s *Solver) Setting(v ssa.Value) Source {
	for range 10 {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
			continue
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.BinOp:
			if x.Op != token.MUL {
				return Source{}
			}
			if _, ok := x.X.(*ssa.Const); ok {
				v = x.Y
				continue
			}
			v = x.X
			continue
		case *ssa.UnOp:
			if one := s.only(x); one != nil {
				v = one
				continue
			}
			if f, ok := x.X.(*ssa.FieldAddr); ok {
				return s.setting(f.X.Type(), f.Field)
			}
		case *ssa.Field:
			return s.setting(x.X.Type(), x.Field)
		}
		return Source{}
	}
	return Source{}
}

var (
	settings = regexp.MustCompile(`(?i)(config|conf|cfg|options|opts|settings)$`)
	tagged   = regexp.MustCompile(`\b(json|yaml|toml|env|mapstructure|koanf|hcl|envconfig|xml):"`)
)

func (s *Solver) setting(t types.Type, n int) Source {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	st, ok2 := t.Underlying().(*types.Struct)
	if !ok || !ok2 || n >= st.NumFields() {
		return Source{}
	}
	field := st.Field(n)
	// Fields of other packages are compared, and set, where nobody looks.
	if field.Pkg() != s.ssa.Pkg.Pkg || s.Minded(field) {
		return Source{}
	}
	if !settings.MatchString(named.Obj().Name()) && !tagged.MatchString(st.Tag(n)) {
		return Source{}
	}
	return Source{What: "the setting " + named.Obj().Name() + "." + field.Name()}
}

// Minded reports whether this package compares the field with something, sets it,
// or hands a pointer to it on.
func (s *Solver) Minded(field *types.Var) bool {
	if s.minded == nil {
		s.minded = make(map[*types.Var]bool)
		for _, fn := range s.ssa.SrcFuncs {
			for _, b := range fn.Blocks {
				for _, i := range b.Instrs {
					s.mind(i)
				}
			}
		}
	}
	return s.minded[field]
}

func (s *Solver) mind(i ssa.Instruction) {
	switch i := i.(type) {
	case *ssa.FieldAddr:
		for _, r := range *i.Referrers() {
			switch r := r.(type) {
			case *ssa.Store:
				if r.Addr == i {
					s.minded[fieldOf(i.X.Type(), i.Field)] = true
				}
			case *ssa.UnOp, *ssa.DebugRef, *ssa.FieldAddr, *ssa.IndexAddr:
			default:
				s.minded[fieldOf(i.X.Type(), i.Field)] = true
			}
		}
	case *ssa.BinOp:
		switch i.Op {
		case token.LSS, token.LEQ, token.GTR, token.GEQ, token.EQL, token.NEQ:
			s.mindOperand(i.X, 0)
			s.mindOperand(i.Y, 0)
		}
	case *ssa.Call:
		if b, ok := i.Call.Value.(*ssa.Builtin); ok && (b.Name() == "min" || b.Name() == "max") || checks.MatchString(i.Call.String()) {
			for _, a := range i.Call.Args {
				s.mindOperand(a, 0)
			}
		}
	}
}

func (s *Solver) mindOperand(v ssa.Value, depth int) {
	if depth > 5 {
		return
	}
	switch x := v.(type) {
	case *ssa.Convert:
		s.mindOperand(x.X, depth+1)
	case *ssa.ChangeType:
		s.mindOperand(x.X, depth+1)
	case *ssa.BinOp:
		s.mindOperand(x.X, depth+1)
		s.mindOperand(x.Y, depth+1)
	case *ssa.Field:
		s.minded[fieldOf(x.X.Type(), x.Field)] = true
	case *ssa.UnOp:
		if f, ok := x.X.(*ssa.FieldAddr); ok {
			s.minded[fieldOf(f.X.Type(), f.Field)] = true
		}
		if one := s.only(x); one != nil {
			s.mindOperand(one, depth+1)
		}
	case *ssa.Call:
		for _, a := range x.Call.Args {
			s.mindOperand(a, depth+1)
		}
	case *ssa.Phi:
		for _, e := range x.Edges {
			s.mindOperand(e, depth+2)
		}
	}
}

func fieldOf(t types.Type, n int) *types.Var {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || n >= st.NumFields() {
		return nil
	}
	return st.Field(n)
}

// Empty tells whether v is a local slice that starts empty and to which a loop, or
// a condition, appends.
func (s *Solver) Empty(v ssa.Value) bool {
	empty, grown := false, false
	seen := make(map[ssa.Value]bool)
	var walk func(v ssa.Value) bool
	walk = func(v ssa.Value) bool {
		if seen[v] {
			return true
		}
		if seen[v] = true; len(seen) > 30 {
			return false
		}
		switch x := v.(type) {
		case *ssa.Phi:
			for _, e := range x.Edges {
				if !walk(e) {
					return false
				}
			}
			return true
		case *ssa.Call:
			if b, ok := x.Call.Value.(*ssa.Builtin); ok && b.Name() == "append" && len(x.Call.Args) == 2 {
				grown = true
				return walk(x.Call.Args[0])
			}
			return false
		}
		n, ok := s.Len(v).Const()
		if ok && n == 0 {
			empty = true
		}
		return ok && n == 0
	}
	_, phi := v.(*ssa.Phi)
	return phi && walk(v) && empty && grown
}

// IsSetting reports whether v was loaded from a struct that is a configuration by
// its name.
func (s *Solver) IsSetting(v ssa.Value) bool {
	for range 6 {
		var t types.Type
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
			continue
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.UnOp:
			f, ok := x.X.(*ssa.FieldAddr)
			if !ok {
				return false
			}
			t = f.X.Type()
		case *ssa.Field:
			t = x.X.Type()
		default:
			return false
		}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		n, ok := types.Unalias(t).(*types.Named)
		return ok && settings.MatchString(n.Obj().Name())
	}
	return false
}

// Clamped reports whether the number went through an assignment that a comparison
// guards: if n > most { n = most }.
func (s *Solver) Clamped(src Source) bool {
	for _, v := range src.related {
		phi, ok := v.(*ssa.Phi)
		if !ok || loops(phi.Block()) {
			continue
		}
		for i, e := range phi.Edges {
			if i >= len(phi.Block().Preds) {
				break
			}
			x := s.Int(e)
			for _, f := range s.facts(edge(phi.Block().Preds[i], phi.Block())) {
				if f.cond && !f.ne && f.a == x.Term && x.of == value && f.b.of != number {
					return true
				}
			}
		}
	}
	return false
}

// Limited reports whether a condition says that x is no greater than a constant.
func (s *Solver) Limited(x Expr, at ssa.Instruction) bool {
	for _, f := range s.facts(before(at)) {
		if f.cond && !f.ne && f.a == x.Term && x.of == value && f.b.of == number {
			return true
		}
	}
	return false
}
