package bounds

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// agreed reports whether somebody has made sure of the form of a text before it is
// taken apart: the address that a dialer is given has a colon, and whoever handed a
// request to an unexported function has looked at its path.
func (s *Solver) agreed(text ssa.Value) bool {
	switch x := text.(type) {
	case *ssa.Parameter:
		results := x.Parent().Signature.Results()
		return results.Len() == 2 && types.TypeString(results.At(0).Type(), nil) == "net.Conn"
	case *ssa.UnOp:
		r := requestOf(x)
		return r != nil && s.routed(r.Parent(), 0)
	}
	return false
}

// requestOf is the parameter r when v is r.URL.Path.
func requestOf(v *ssa.UnOp) *ssa.Parameter {
	path, ok := v.X.(*ssa.FieldAddr)
	if !ok || !isField(path, "Path") {
		return nil
	}
	load, ok := path.X.(*ssa.UnOp)
	if !ok {
		return nil
	}
	url, ok := load.X.(*ssa.FieldAddr)
	if !ok || !isField(url, "URL") {
		return nil
	}
	p, _ := url.X.(*ssa.Parameter)
	return p
}

func isField(f *ssa.FieldAddr, name string) bool {
	field := Field(f)
	return field != nil && field.Name() == name && field.Pkg() != nil && (field.Pkg().Path() == "net/url" || field.Pkg().Path() == "net/http")
}

// routed reports whether all who call the function are of this package, and look at
// the path of the request themselves, or are called by who does.
func (s *Solver) routed(fn *ssa.Function, depth int) bool {
	calls, all := s.callersOf(fn)
	if !all || len(calls) == 0 || depth > 3 {
		return false
	}
	for _, c := range calls {
		if !looksAtPath(c.Parent()) && !s.routed(c.Parent(), depth+1) {
			return false
		}
	}
	return true
}

// looksAtPath reports whether the function reads the path of a request and does more
// with it than print it.
func looksAtPath(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			load, ok := i.(*ssa.UnOp)
			if !ok || requestOf(load) == nil || load.Referrers() == nil {
				continue
			}
			for _, r := range *load.Referrers() {
				switch r := r.(type) {
				case *ssa.BinOp, *ssa.Slice:
					return true
				case *ssa.Call:
					if t := ir.Target(r.Common()); t != nil && t.Pkg() != nil && (t.Pkg().Path() == "strings" || t.Pkg().Path() == "path") {
						return true
					}
				}
			}
		}
	}
	return false
}
