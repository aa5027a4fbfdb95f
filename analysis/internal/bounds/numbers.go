package bounds

import (
	"go/token"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// NumSource tells who decides the number v, if it is somebody outside.
func (s *Solver) NumSource(v ssa.Value) Source { return s.numSource(v, 0) }

func (s *Solver) numSource(v ssa.Value, depth int) Source {
	if depth > maxOrigin || s.visiting[v] {
		return Source{}
	}
	s.visiting[v] = true
	defer delete(s.visiting, v)
	src := s.numFrom(v, depth+1)
	if !src.Known() {
		return src
	}
	return src.With(v)
}

func (s *Solver) numFrom(v ssa.Value, depth int) Source {
	switch x := v.(type) {
	case *ssa.Convert:
		return s.numSource(x.X, depth)
	case *ssa.ChangeType:
		return s.numSource(x.X, depth)
	case *ssa.Phi:
		return s.first(x.Edges, func(e ssa.Value) Source { return s.numSource(e, depth) })
	case *ssa.BinOp:
		switch x.Op {
		case token.ADD, token.SUB, token.MUL, token.QUO, token.REM, token.SHL, token.OR, token.XOR:
			if src := s.numSource(x.X, depth); src.Known() {
				return src
			}
			if x.Op != token.REM {
				return s.numSource(x.Y, depth)
			}
		}
	case *ssa.UnOp:
		if x.Op == token.SUB {
			return s.numSource(x.X, depth)
		}
		if f, ok := x.X.(*ssa.FieldAddr); ok && promised(f) {
			return Source{What: "Content-Length"}
		}
		if src := s.flag(x); src.Known() {
			return src
		}
		if src := s.octet(x, depth); src.Known() {
			return src
		}
		return s.loaded(x, depth, s.numSource)
	case *ssa.Field, *ssa.Index:
		return s.decoded(v, depth)
	case *ssa.Call:
		return s.numOfCall(&x.Call, 0)
	case *ssa.Extract:
		if c, ok := x.Tuple.(*ssa.Call); ok {
			return s.numOfCall(&c.Call, x.Index)
		}
	case *ssa.Parameter:
		return s.fromCallers(x, depth, func(arg ssa.Value) Source { return s.numSource(arg, depth+3) })
	}
	return Source{}
}

func (s *Solver) numOfCall(c *ssa.CallCommon, result int) Source {
	target := ir.Target(c)
	name := ir.Name(target)
	switch {
	case result > 0:
	case name == "strconv.Atoi", name == "strconv.ParseInt", name == "strconv.ParseUint", name == "time.ParseDuration", name == "strconv.ParseFloat":
		return Source{What: short(name)}
	case name == "encoding/binary.ReadUvarint", name == "encoding/binary.ReadVarint", name == "encoding/binary.Uvarint", name == "encoding/binary.Varint":
		return Source{What: short(name)}
	case strings.Contains(name, "encoding/binary.") && target.Name() != "Uint8" && strings.HasPrefix(target.Name(), "Uint") && target.Signature().Results().Len() == 1:
		return Source{What: "binary." + target.Name()}
	case name == "(encoding/json.Number).Int64":
		return Source{What: "json.Number"}
	case name == "time.Until":
		return Source{What: "time.Until"}
	}
	return s.resultSource(c, target, result)
}

// promised reports whether the field is the length that a header promises.
func promised(f *ssa.FieldAddr) bool {
	field := fieldOf(f.X.Type(), f.Field)
	return field != nil && field.Name() == "ContentLength" && field.Pkg() != nil && field.Pkg().Path() == "net/http"
}

// flag is a number of the command line.
func (s *Solver) flag(x *ssa.UnOp) Source {
	addr := x.X
	if load, ok := addr.(*ssa.UnOp); ok {
		if g, ok := load.X.(*ssa.Global); ok {
			addr = s.initial(g)
		} else if one := s.only(load); one != nil {
			addr = one
		}
	}
	if c, ok := addr.(*ssa.Call); ok {
		switch ir.Name(ir.Target(&c.Call)) {
		case "flag.Int", "flag.Int64", "flag.Uint", "flag.Uint64", "flag.Duration",
			"(*flag.FlagSet).Int", "(*flag.FlagSet).Int64", "(*flag.FlagSet).Uint", "(*flag.FlagSet).Duration":
			return Source{What: "a flag"}
		}
	}
	return Source{}
}

// octet is a byte of a message that is used as a number.
func (s *Solver) octet(x *ssa.UnOp, depth int) Source {
	a, ok := x.X.(*ssa.IndexAddr)
	if !ok {
		return Source{}
	}
	b := basic(x.Type())
	if b == nil || b.Kind() != types.Byte || !isBytes(a.X.Type()) || s.table(a) {
		return Source{}
	}
	return Source{What: "a byte of the data"}
}

var buffers = regexp.MustCompile(`(?i)buf|pkt|packet|frame|recv|rx`)

// table reports whether the bytes are a table of the program: a field that is no
// buffer by its name, or what the function itself fills element by element.
func (s *Solver) table(a *ssa.IndexAddr) bool {
	if f := s.FieldOf(a.X); f != nil && s.Internal(a.X) && !buffers.MatchString(f.Name()) {
		return true
	}
	of := s.key(root(a.X), 0)
	for _, b := range a.Parent().Blocks {
		for _, i := range b.Instrs {
			st, ok := i.(*ssa.Store)
			if !ok {
				continue
			}
			if to, ok := st.Addr.(*ssa.IndexAddr); ok && s.key(root(to.X), 0) == of {
				return true
			}
		}
	}
	return false
}

// root is the slice of which v is a part.
func root(v ssa.Value) ssa.Value {
	for range 4 {
		x, ok := v.(*ssa.Slice)
		if !ok {
			return v
		}
		v = x.X
	}
	return v
}

// decoder reports whether the function fills what they are given a pointer to.
func decoder(fn *types.Func) bool {
	if fn == nil {
		return false
	}
	switch fn.Name() {
	case "Unmarshal", "Decode", "DecodeElement", "UnmarshalStrict", "Bind", "BindJSON", "ShouldBind", "ShouldBindJSON", "ShouldBindQuery", "BodyParser",
		"ReadJSON", "DecodeJSON", "Sscan", "Sscanf", "Sscanln", "Fscan", "Fscanf", "Fscanln", "Scanf", "Scanln", "UnmarshalFrom", "UnmarshalRead":
		return true
	case "Read":
		return ir.Name(fn) == "encoding/binary.Read"
	case "Scan":
		return ir.Name(fn) == "fmt.Scan"
	}
	return false
}

// decoded tells whether v is, or is reached from, a variable that a decoder filled.
func (s *Solver) decoded(v ssa.Value, depth int) Source {
	var path []ssa.Value
	for range 10 {
		path = append(path, v)
		switch x := v.(type) {
		case *ssa.UnOp:
			if x.Op != token.MUL {
				return Source{}
			}
			if one := s.only(x); one != nil {
				v = one
				continue
			}
			v = x.X
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.Field:
			v = x.X
		case *ssa.IndexAddr:
			v = x.X
		case *ssa.Index:
			v = x.X
		case *ssa.FreeVar:
			v = ir.Captured(x)
			if v == nil {
				return Source{}
			}
		case *ssa.Alloc:
			if what := filled(x); what != "" {
				return Source{What: what, Decoded: true, related: path}
			}
			if one := whole(x); one != nil {
				v = one
				continue
			}
			return Source{}
		case *ssa.Call:
			return deep(s.resultSource(&x.Call, ir.Target(&x.Call), 0), path)
		case *ssa.Extract:
			if c, ok := x.Tuple.(*ssa.Call); ok {
				return deep(s.resultSource(&c.Call, ir.Target(&c.Call), x.Index), path)
			}
			return Source{}
		case *ssa.Parameter:
			return deep(s.fromCallers(x, depth, func(arg ssa.Value) Source { return s.decodedAt(arg, depth+3) }), path)
		default:
			return Source{}
		}
	}
	return Source{}
}

func deep(src Source, path []ssa.Value) Source {
	if !src.Decoded {
		return Source{}
	}
	src.related = append(src.related[:len(src.related):len(src.related)], path...)
	return src
}

// decodedAt is decoded for a pointer to the variable, or a copy of it.
func (s *Solver) decodedAt(v ssa.Value, depth int) Source {
	if depth > maxOrigin {
		return Source{}
	}
	return s.decoded(v, depth)
}

// whole is the value that is stored in all of a variable, when it is stored once.
func whole(a *ssa.Alloc) ssa.Value {
	var found ssa.Value
	for _, r := range *a.Referrers() {
		if st, ok := r.(*ssa.Store); ok && st.Addr == a {
			if found != nil {
				return nil
			}
			found = st.Val
		}
	}
	return found
}

// filled names the decoder that the variable, or a part of it, is handed to.
func filled(a *ssa.Alloc) string {
	seen := 0
	var look func(v ssa.Value, depth int) string
	look = func(v ssa.Value, depth int) string {
		refs := v.Referrers()
		if refs == nil || depth > 4 {
			return ""
		}
		for _, r := range *refs {
			if seen++; seen > 200 {
				return ""
			}
			what := ""
			switch r := r.(type) {
			case *ssa.MakeInterface:
				what = look(r, depth+1)
			case *ssa.ChangeInterface:
				what = look(r, depth+1)
			case *ssa.IndexAddr: // of the array of variadic arguments, when v is stored there
			case *ssa.Store:
				if to, ok := r.Addr.(*ssa.IndexAddr); ok && r.Val == v {
					what = variadic(to)
				}
			case ssa.CallInstruction:
				if fn := ir.Target(r.Common()); decoder(fn) && r.Common().Value != v {
					what = "the input of " + fn.Name()
				}
			case *ssa.MakeClosure:
			case *ssa.UnOp: // a pointer kept in a variable
				if _, ok := r.Type().Underlying().(*types.Pointer); ok && r.Op == token.MUL && depth < 2 {
					what = look(r, depth+1)
				}
			}
			if what != "" {
				return what
			}
		}
		return ""
	}
	return look(a, 0)
}

// variadic names the decoder that takes the array as its variadic arguments.
func variadic(to *ssa.IndexAddr) string {
	array, ok := to.X.(*ssa.Alloc)
	if !ok || array.Referrers() == nil {
		return ""
	}
	for _, r := range *array.Referrers() {
		sl, ok := r.(*ssa.Slice)
		if !ok || sl.Referrers() == nil {
			continue
		}
		for _, r := range *sl.Referrers() {
			c, ok := r.(ssa.CallInstruction)
			if !ok {
				continue
			}
			if fn := ir.Target(c.Common()); decoder(fn) {
				return "the input of " + fn.Name()
			}
		}
	}
	return ""
}
