package panickingstdlibarg

import (
	"bufio"
	"fmt"
	"go/constant"
	"go/types"
	"net/http"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/bounds"
	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// shape checks what types and constants alone decide.
func (c *checker) shape(at ssa.CallInstruction, k contract, arg ssa.Value) string {
	switch k.need {
	case notNil:
		if isNil(arg) {
			return "because it is given nil"
		}
	case aSlice:
		if t := behind(arg); t != nil && kind(t) != "slice" {
			return fmt.Sprintf("because it is given a %s, not a slice", kind(t))
		}
	case aPointer:
		if isNil(arg) {
			return "because its target is nil"
		}
		if t := behind(arg); t != nil && kind(t) != "pointer" {
			return fmt.Sprintf("because its target is a %s, not a pointer; pass the address", kind(t))
		}
	case even:
		if n, ok := c.Len(arg).Const(); ok && n%2 != 0 {
			return "because it is given an odd number of strings"
		}
	case target:
		return badTarget(at.Common().Args)
	case beforeScan:
		return c.scanned(at, arg)
	case pointerElem:
		if t := reflected(arg); t != nil && kind(t) != "pointer" && kind(t) != "interface" {
			return fmt.Sprintf("because the value is a %s, not a pointer; pass the address to reflect.ValueOf", kind(t))
		}
	case addressable:
		if t := unaddressable(arg); t != nil {
			return "because the value is a copy that cannot be set; pass the address to reflect.ValueOf and call Elem"
		}
	}
	return ""
}

func isNil(v ssa.Value) bool {
	switch x := v.(type) {
	case *ssa.Const:
		return x.IsNil()
	case *ssa.ChangeInterface:
		return isNil(x.X)
	}
	return false
}

// behind is the type of the value in an interface, where it is known.
func behind(v ssa.Value) types.Type {
	m, ok := v.(*ssa.MakeInterface)
	if !ok {
		return nil
	}
	if _, ok := types.Unalias(m.X.Type()).(*types.TypeParam); ok {
		return nil
	}
	return m.X.Type()
}

func kind(t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Name()
	case *types.Pointer:
		return "pointer"
	case *types.Slice:
		return "slice"
	case *types.Map:
		return "map"
	case *types.Struct:
		return "struct"
	case *types.Interface:
		return "interface"
	case *types.Array:
		return "array"
	case *types.Chan:
		return "channel"
	}
	return "function"
}

// badTarget tries a constant method and target as httptest.NewRequest does.
func badTarget(args []ssa.Value) string {
	method, ok := text(args[0])
	path, ok2 := text(args[1])
	if !ok || !ok2 {
		return ""
	}
	if method == "" {
		method = "GET"
	}
	if _, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + path + " HTTP/1.0\r\n\r\n"))); err != nil {
		return fmt.Sprintf("because %q is no target of a request; it begins with / or is a full URL", path)
	}
	return ""
}

func text(v ssa.Value) (string, bool) {
	c, ok := v.(*ssa.Const)
	if !ok || c.Value == nil || c.Value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(c.Value), true
}

// scanned reports whether Scan was called on the scanner before.
func (c *checker) scanned(at ssa.CallInstruction, scanner ssa.Value) string {
	same := c.Same(scanner)
	refs := same.Referrers()
	if refs == nil {
		return ""
	}
	for _, r := range *refs {
		call, ok := r.(*ssa.Call)
		if ok && ir.Name(ir.Target(&call.Call)) == "(*bufio.Scanner).Scan" && call.Call.Args[0] == same && ir.Before(call, at) {
			return "because Scan has been called before; set it up first"
		}
	}
	return ""
}

// reflected is the type of what reflect.ValueOf was given.
func reflected(v ssa.Value) types.Type {
	call, ok := v.(*ssa.Call)
	if !ok || ir.Name(ir.Target(&call.Call)) != "reflect.ValueOf" || len(call.Call.Args) != 1 {
		return nil
	}
	return behind(call.Call.Args[0])
}

// unaddressable is the type of what reflect.ValueOf was given, when v is that or a
// field of it.
func unaddressable(v ssa.Value) types.Type {
	for range 5 {
		call, ok := v.(*ssa.Call)
		if !ok {
			return nil
		}
		switch ir.Name(ir.Target(&call.Call)) {
		case "reflect.ValueOf":
			return reflected(v)
		case "(reflect.Value).Field", "(reflect.Value).FieldByName":
			v = call.Call.Args[0]
			if t := reflected(v); t != nil && kind(t) != "struct" {
				return nil
			}
		default:
			return nil
		}
	}
	return nil
}

// atomics checks that an atomic.Value is given values of one type.
func (c *checker) atomics(fns []*ssa.Function) {
	first := make(map[ssa.Value]types.Type)
	for _, fn := range fns {
		ir.Calls(fn, func(call ssa.CallInstruction) {
			switch ir.Name(ir.Target(call.Common())) {
			case "(*sync/atomic.Value).Store", "(*sync/atomic.Value).Swap":
			default:
				return
			}
			t := behind(call.Common().Args[1])
			if t == nil {
				return
			}
			where := c.variable(call.Common().Args[0])
			switch known := first[where]; {
			case known == nil:
				first[where] = t
			case !types.Identical(known, t):
				q := types.RelativeTo(c.pass.Pkg)
				c.pass.Reportf(call.Pos(), fmt.Sprintf("atomic.Value panics because it is given a %s here and a %s elsewhere; store one type", types.TypeString(t, q), types.TypeString(known, q)))
			}
		})
	}
}

// variable is one value for each atomic.Value: the variable, or the first address
// of the field, whichever struct it is in.
func (c *checker) variable(addr ssa.Value) ssa.Value {
	if f, ok := addr.(*ssa.FieldAddr); ok {
		field := bounds.Field(f)
		if c.fields == nil {
			c.fields = make(map[*types.Var]ssa.Value)
		}
		if c.fields[field] == nil {
			c.fields[field] = f
		}
		return c.fields[field]
	}
	return c.Same(addr)
}
