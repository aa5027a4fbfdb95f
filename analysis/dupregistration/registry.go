package dupregistration

import (
	"go/constant"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/panics"
)

// An owner is the registry: a value and the fields that lead from it, or, without
// a root, the one that the process has.
type owner struct {
	root ssa.Value
	path string
}

func ownerOf(v ssa.Value) owner {
	root, path := panics.Origin(v)
	if c, ok := root.(*ssa.Call); ok { // cmd.Flags() is the same each time
		fn := ir.Target(&c.Call)
		if fn != nil && (fn.Name() == "Flags" || fn.Name() == "PersistentFlags") && len(c.Call.Args) == 1 {
			o := ownerOf(c.Call.Args[0])
			o.path += "." + fn.Name() + path
			return o
		}
	}
	if g, ok := root.(*ssa.Global); ok && path == "" && theOne(g) {
		return owner{}
	}
	return owner{root, path}
}

// registered lists what the call registers.
func registered(call *ssa.Call) []registration {
	fn := ir.Target(&call.Call)
	if fn == nil || fn.Pkg() == nil {
		return nil
	}
	args := ir.Args(&call.Call)
	one := func(kind, name string) []registration {
		r := registration{kind: kind, name: name, call: call, at: call}
		if name == "" {
			if kind != "ServeMux" {
				return nil
			}
			if r.param, _ = args[0].(*ssa.Parameter); r.param == nil {
				return nil // it is computed
			}
		}
		if fn.Signature().Recv() != nil && !call.Call.IsInvoke() {
			r.owner = ownerOf(call.Call.Args[0])
			if r.owner.root == nil && r.owner.path != "" {
				return nil
			}
		}
		if r.owner.root == nil && replaces(call.Parent()) {
			return nil
		}
		return []registration{r}
	}
	name := fn.Name()
	switch path := fn.Pkg().Path(); path {
	case "net/http":
		if (name == "Handle" || name == "HandleFunc") && len(args) == 2 {
			if list := table(call, args[0]); len(list) > 0 {
				return inRounds(list, func(name string) []registration { return one("ServeMux", name) })
			}
			return one("ServeMux", text(args[0]))
		}
	case "flag", "github.com/spf13/pflag":
		if i, ok := flagName(fn); ok && i < len(args) {
			return one("FlagSet", text(args[i]))
		}
	case "expvar":
		if (name == "Publish" || strings.HasPrefix(name, "New")) && fn.Signature().Recv() == nil && len(args) > 0 {
			return one("expvar", text(args[0]))
		}
	case "database/sql":
		if name == "Register" && len(args) > 0 {
			return one("sql", text(args[0]))
		}
	case "encoding/gob":
		if name != "RegisterName" || len(args) != 2 {
			return nil
		}
		if list := one("gob", text(args[0])); len(list) == 1 {
			if m, ok := args[1].(*ssa.MakeInterface); ok {
				list[0].shape = types.TypeString(m.X.Type(), nil)
				return list
			}
		}
	case "github.com/gin-gonic/gin":
		if len(args) > 1 && ginMethods[name] {
			return one("gin", joined(name, text(args[0])))
		}
	case "github.com/prometheus/client_golang/prometheus":
		if name == "MustRegister" && len(args) == 1 {
			return collectors(call, args[0], one)
		}
	case "github.com/prometheus/client_golang/prometheus/promauto":
		if strings.HasPrefix(name, "New") && fn.Signature().Recv() == nil && len(args) > 0 {
			return one("Prometheus", metric(args[0]))
		}
	}
	return nil
}

var ginMethods = map[string]bool{
	"GET": true, "POST": true, "PUT": true, "DELETE": true, "PATCH": true, "HEAD": true, "OPTIONS": true,
}

func joined(method, path string) string {
	if path == "" {
		return ""
	}
	return method + " " + path
}

// text is a constant string, or empty.
func text(v ssa.Value) string {
	c, ok := v.(*ssa.Const)
	if !ok || c.Value == nil || c.Value.Kind() != constant.String {
		return ""
	}
	return constant.StringVal(c.Value)
}

// flagName is where the name of the flag stands among the arguments.
func flagName(fn *types.Func) (int, bool) {
	params := fn.Signature().Params()
	base := strings.TrimSuffix(fn.Name(), "P")
	if !flagKinds[strings.TrimSuffix(base, "Var")] {
		return 0, false
	}
	i := 0
	if strings.HasSuffix(base, "Var") {
		i = 1
	}
	if i >= params.Len() || params.At(i).Type() != types.Typ[types.String] {
		return 0, false
	}
	return i, true
}

var flagKinds = map[string]bool{
	"": true, "Bool": true, "Int": true, "Int8": true, "Int16": true, "Int32": true, "Int64": true, "Uint": true, "Uint8": true,
	"Uint16": true, "Uint32": true, "Uint64": true, "String": true, "Float32": true, "Float64": true, "Duration": true,
	"Func": true, "BoolFunc": true, "Text": true, "StringSlice": true, "StringArray": true, "IntSlice": true, "Count": true,
	"IP": true, "StringToString": true,
}

// collectors lists those that MustRegister is given.
func collectors(call *ssa.Call, list ssa.Value, one func(kind, name string) []registration) []registration {
	s, ok := list.(*ssa.Slice)
	if !ok {
		return nil
	}
	array, ok := s.X.(*ssa.Alloc)
	if !ok {
		return nil
	}
	var found []registration
	for _, r := range *array.Referrers() {
		at, ok := r.(*ssa.IndexAddr)
		if !ok {
			continue
		}
		for _, use := range *at.Referrers() {
			if st, ok := use.(*ssa.Store); ok && st.Addr == at {
				found = append(found, one("Prometheus", collector(st.Val))...)
			}
		}
	}
	return found
}

// collector names what is registered: by its options, or the variable it is.
func collector(v ssa.Value) string {
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = m.X
	}
	if c, ok := v.(*ssa.Call); ok && len(c.Call.Args) > 0 {
		return metric(c.Call.Args[0])
	}
	root, path := panics.Origin(v)
	switch root := root.(type) {
	case *ssa.Global:
		return root.Name() + path
	case *ssa.Call:
		if path == "" && len(root.Call.Args) > 0 {
			return metric(root.Call.Args[0])
		}
	}
	return ""
}

// metric is the whole name in the options of a metric, or empty.
func metric(opts ssa.Value) string {
	load, ok := opts.(*ssa.UnOp)
	if !ok {
		return ""
	}
	lit, ok := load.X.(*ssa.Alloc)
	if !ok {
		return ""
	}
	parts := make(map[string]string)
	for _, r := range *lit.Referrers() {
		field, ok := r.(*ssa.FieldAddr)
		if !ok {
			continue
		}
		for _, use := range *field.Referrers() {
			st, ok := use.(*ssa.Store)
			if !ok {
				continue
			}
			name := ir.FieldName(field)
			switch name {
			case "Help", "Buckets":
				continue
			}
			if parts[name] = text(st.Val); parts[name] == "" {
				return "" // computed, or labels that make it another one
			}
		}
	}
	if parts["Name"] == "" {
		return ""
	}
	full := ""
	for _, part := range []string{"Namespace", "Subsystem", "Name"} {
		if parts[part] != "" {
			full += "_" + parts[part]
		}
	}
	return full[1:]
}
