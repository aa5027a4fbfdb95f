package unboundedrecursion

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// through lists, for methods that packages call, the functions that call them with
// the value they are given. The number is the argument; fmt's are asked for verbs.
var through = map[string]map[string]int{
	"MarshalJSON":   {"encoding/json.Marshal": 0, "encoding/json.MarshalIndent": 0, "(*encoding/json.Encoder).Encode": 1},
	"MarshalText":   {"encoding/json.Marshal": 0, "encoding/json.MarshalIndent": 0, "(*encoding/json.Encoder).Encode": 1},
	"UnmarshalJSON": {"encoding/json.Unmarshal": 1, "(*encoding/json.Decoder).Decode": 1},
	"MarshalXML":    {"encoding/xml.Marshal": 0, "(*encoding/xml.Encoder).Encode": 1, "(*encoding/xml.Encoder).EncodeElement": 1},
	"UnmarshalXML":  {"encoding/xml.Unmarshal": 1, "(*encoding/xml.Decoder).Decode": 1, "(*encoding/xml.Decoder).DecodeElement": 1},
	"GobEncode":     {"(*encoding/gob.Encoder).Encode": 1},
	"GobDecode":     {"(*encoding/gob.Decoder).Decode": 1},
	"MarshalYAML":   {"gopkg.in/yaml.v3.Marshal": 0, "gopkg.in/yaml.v2.Marshal": 0},
}

// printers lists functions of fmt and log that format their arguments, and where the
// format is; -1 for those without one.
var printers = map[string]int{
	"fmt.Sprint": -1, "fmt.Sprintln": -1, "fmt.Print": -1, "fmt.Println": -1, "fmt.Fprint": -1, "fmt.Fprintln": -1,
	"fmt.Sprintf": 0, "fmt.Printf": 0, "fmt.Errorf": 0, "fmt.Fprintf": 1, "fmt.Appendf": 1, "fmt.Append": -1, "fmt.Appendln": -1,
	"log.Print": -1, "log.Println": -1, "log.Printf": 0, "log.Panic": -1, "log.Panicf": 0, "log.Fatal": -1, "log.Fatalf": 0,
	"(*log.Logger).Print": -1, "(*log.Logger).Println": -1, "(*log.Logger).Printf": 1,
}

// formatsItself finds a call by which a method gives its own receiver to a package
// that calls the method again.
func formatsItself(fn *ssa.Function) (ssa.CallInstruction, string, bool) {
	recv := fn.Signature.Recv()
	if recv == nil || len(fn.Params) == 0 || fn.Parent() != nil {
		return nil, "", false
	}
	method := fn.Name()
	var at ssa.CallInstruction
	var what string
	ir.Calls(fn, func(c ssa.CallInstruction) {
		if at != nil {
			return
		}
		name := ir.Name(ir.Target(c.Common()))
		if name == "" {
			return
		}
		args := c.Common().Args
		if n, ok := through[method][name]; ok {
			if n < len(args) && self(fn, method, args[n]) {
				at = c
			}
		} else if format, ok := printers[name]; ok && (method == "String" || method == "Error" || method == "GoString" || method == "Format") && signatureOf(fn) {
			if prints(fn, method, args, format) {
				at = c
			}
		}
		if at != nil {
			what = fmt.Sprintf("%s gives its own receiver to %s, which calls %s again, until the stack overflows, which ends the process; give it the fields, or a value of a type without the method", method, name, method)
		}
	})
	return at, what, at != nil
}

// signatureOf reports whether the method is what fmt calls, not one that has only
// its name.
func signatureOf(fn *ssa.Function) bool {
	p, r := fn.Signature.Params(), fn.Signature.Results()
	if fn.Name() == "Format" {
		return p.Len() == 2 && r.Len() == 0
	}
	if p.Len() != 0 || r.Len() != 1 {
		return false
	}
	b, ok := r.At(0).Type().Underlying().(*types.Basic)
	return ok && b.Kind() == types.String
}

// self reports whether v is the receiver of fn, as a value that has the method.
func self(fn *ssa.Function, method string, v ssa.Value) bool {
	var iface types.Type
	for range 6 {
		switch x := v.(type) {
		case *ssa.MakeInterface:
			iface = x.X.Type()
			v = x.X
			continue
		case *ssa.ChangeInterface:
			v = x.X
			continue
		case *ssa.UnOp:
			if x.Op != token.MUL {
				return false
			}
			if a, ok := x.X.(*ssa.Alloc); ok { // the receiver in a variable
				if s := embedded(fn, a); s != nil {
					v = s
					continue
				}
				s := ir.OnlyStore(a)
				if s == nil {
					s = firstStore(a)
				}
				if s == nil {
					return false
				}
				v = s
				continue
			}
			v = x.X // *t
			continue
		case *ssa.Alloc: // &t
			if s := embedded(fn, x); s != nil {
				v = s
				continue
			}
			s := firstStore(x)
			if s == nil {
				return false
			}
			v = s
			continue
		}
		break
	}
	if v != ssa.Value(fn.Params[0]) || iface == nil {
		return false
	}
	set := types.NewMethodSet(iface)
	for n := range set.Len() {
		if m := set.At(n).Obj(); m.Name() == method {
			obj, ok := m.(*types.Func)
			return ok && obj.Origin() == ir.Object(fn)
		}
	}
	return false
}

// embedded is the receiver that a struct in a variable embeds, and so has the
// methods of; nil for other variables.
func embedded(fn *ssa.Function, a *ssa.Alloc) ssa.Value {
	p, ok := a.Type().Underlying().(*types.Pointer)
	if !ok || a.Referrers() == nil {
		return nil
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for _, r := range *a.Referrers() {
		field, ok := r.(*ssa.FieldAddr)
		if !ok || field.Field >= s.NumFields() || !s.Field(field.Field).Embedded() || !sameType(s.Field(field.Field).Type(), fn.Params[0].Type()) {
			continue
		}
		for _, use := range *field.Referrers() {
			if st, ok := use.(*ssa.Store); ok && st.Addr == field {
				return st.Val
			}
		}
	}
	return nil
}

// sameType compares two types, pointers to them being the same.
func sameType(a, b types.Type) bool {
	if p, ok := a.Underlying().(*types.Pointer); ok {
		a = p.Elem()
	}
	if p, ok := b.Underlying().(*types.Pointer); ok {
		b = p.Elem()
	}
	return types.Identical(a, b)
}

// firstStore is the only value stored in a variable, whose address may go anywhere.
func firstStore(a *ssa.Alloc) ssa.Value {
	if a.Referrers() == nil {
		return nil
	}
	var stored ssa.Value
	for _, r := range *a.Referrers() {
		if s, ok := r.(*ssa.Store); ok && s.Addr == a {
			if stored != nil {
				return nil
			}
			stored = s.Val
		}
	}
	return stored
}

// prints reports whether a printer is given the receiver with a verb that calls the
// method.
func prints(fn *ssa.Function, method string, args []ssa.Value, format int) bool {
	if len(args) == 0 {
		return false
	}
	list := variadic(args[len(args)-1])
	verbs := ""
	if format >= 0 {
		if format >= len(args) {
			return false
		}
		c, ok := args[format].(*ssa.Const)
		if !ok || c.Value == nil || c.Value.Kind() != constant.String {
			return false
		}
		verbs = constant.StringVal(c.Value)
	}
	for n, v := range list {
		if v == nil || !self(fn, method, v) {
			continue
		}
		if format < 0 {
			return method != "GoString"
		}
		verb, ok := verbOf(verbs, n)
		if ok && calls(method, verb) {
			return true
		}
	}
	return false
}

// variadic lists the arguments that a call makes a slice of.
func variadic(v ssa.Value) map[int]ssa.Value {
	s, ok := v.(*ssa.Slice)
	if !ok {
		return nil
	}
	a, ok := s.X.(*ssa.Alloc)
	if !ok || a.Referrers() == nil {
		return nil
	}
	list := make(map[int]ssa.Value)
	for _, r := range *a.Referrers() {
		x, ok := r.(*ssa.IndexAddr)
		if !ok || x.Referrers() == nil {
			continue
		}
		c, ok := x.Index.(*ssa.Const)
		if !ok || c.Value == nil {
			continue
		}
		for _, user := range *x.Referrers() {
			if s, ok := user.(*ssa.Store); ok && s.Addr == x {
				list[int(c.Int64())] = s.Val
			}
		}
	}
	return list
}

// verbOf is the verb of the n-th argument, with a # before it when it has one.
// Formats with explicit indexes or a * are not read.
func verbOf(format string, n int) (string, bool) {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		sharp := ""
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.", format[i]) >= 0; i++ {
			if format[i] == '#' {
				sharp = "#"
			}
		}
		if i >= len(format) {
			return "", false
		}
		if format[i] == '%' {
			continue
		}
		if format[i] == '[' || format[i] == '*' {
			return "", false
		}
		if n == 0 {
			return sharp + string(format[i]), true
		}
		n--
	}
	return "", false
}

// calls reports whether fmt calls the method for the verb.
func calls(method, verb string) bool {
	switch method {
	case "Format":
		return verb != "T" && verb != "p" && verb != "#T"
	case "GoString":
		return verb == "#v"
	}
	switch verb {
	case "v", "s", "q", "x", "X", "w", "#q", "#x", "#X", "#s":
		return true
	}
	return false
}
