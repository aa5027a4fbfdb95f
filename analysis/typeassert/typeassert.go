// Package typeassert holds the rule type-assert.
package typeassert

import (
	"fmt"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/nilness"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports assertions of values whose type others decide.
var Rule = rule.New(rule.Rule{
	ID:   "type-assert",
	Tier: rule.TierB,
	Doc: rule.Doc{
		Summary: "a type assertion panics when a value from outside has another type",
		Why: `x.(T) panics when x holds another type, or nothing. What comes out of a context, a
sync.Map, decoded JSON, a plugin or a channel of any is decided elsewhere: by another
package, by whoever sends the message, by a key that is missing.`,
		Bad:  "user := ctx.Value(\"user\").(*User)",
		Good: "user, ok := ctx.Value(\"user\").(*User)\nif !ok {\n\treturn errNoUser\n}",
		LeftAlone: []string{
			"assertions with ok, and those behind a check of the same value: v, ok, a switch, errors.As",
			"containers of which the package itself stores all values, and all of the type: sync.Map, atomic.Value, list.List, channels",
			"sync.Pool with a New that returns the type",
			"methods of container/heap and its like: Push(x any) gets what the package pushed",
			"values of a context under a key of this package, which stores the type there itself",
			"keys that other packages can make: what they store is not seen here",
			"a map[string]any that an unexported function is given: its callers are of this package",
			"a net.Addr or net.Conn asserted to the type of its network",
			"recover(), which has a rule of its own",
		},
		Scenarios: []string{"type-assert", "type-assert-nil", "type-assert-method"},
	},
}, run, nilness.Analyzer)

type finder struct {
	facts  *nilness.Facts
	stored *stores
}

func run(pass *rule.Pass) error {
	facts := pass.ResultOf[nilness.Analyzer].(*nilness.Facts)
	f := &finder{facts: facts, stored: collect(facts)}
	for _, fn := range facts.Behaviour.Funcs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				a, ok := i.(*ssa.TypeAssert)
				if !ok || a.CommaOk || !a.Pos().IsValid() || checked(facts, a) {
					continue
				}
				if from := f.outside(a); from != "" {
					pass.Reportf(a.Pos(), fmt.Sprintf("%s, and the assertion to %s panics when it is something else, or nothing; use the form with ok",
						from, types.TypeString(a.AssertedType, types.RelativeTo(pass.Pkg))))
				}
			}
		}
	}
	return nil
}

// checked reports whether the type of the value has been asked before.
func checked(facts *nilness.Facts, a *ssa.TypeAssert) bool {
	if p, ok := a.X.(*ssa.Parameter); facts.Checked(a.X, a) && (!ok || !isError(p.Type())) {
		return true // of an error, that it is one says nothing
	}
	is := key(a.X, 0)
	for b := a.Block(); b != nil; b = b.Idom() {
		for _, i := range b.Instrs {
			if i == ssa.Instruction(a) {
				break
			}
			before, ok := i.(*ssa.TypeAssert)
			if ok && types.Identical(before.AssertedType, a.AssertedType) && (before.X == a.X || is != "" && key(before.X, 0) == is) {
				return true
			}
		}
	}
	return false
}

// key names a value so that two reads of one variable, field or entry have one name.
func key(v ssa.Value, depth int) string {
	if depth > 6 {
		return ""
	}
	switch x := v.(type) {
	case *ssa.Const:
		return x.Name()
	case *ssa.Parameter, *ssa.Global, *ssa.FreeVar, *ssa.Alloc, *ssa.Call, *ssa.Extract, *ssa.Phi, *ssa.MakeMap, *ssa.TypeAssert:
		if p := x.Parent(); p != nil {
			return p.Name() + "." + x.Name()
		}
		return x.Name()
	case *ssa.UnOp:
		if in := key(x.X, depth+1); in != "" {
			return x.Op.String() + in
		}
	case *ssa.FieldAddr:
		if in := key(x.X, depth+1); in != "" {
			return fmt.Sprintf("%s.%d", in, x.Field)
		}
	case *ssa.Lookup:
		m, k := key(x.X, depth+1), key(x.Index, depth+1)
		if m != "" && k != "" {
			return m + "[" + k + "]"
		}
	case *ssa.IndexAddr:
		m, k := key(x.X, depth+1), key(x.Index, depth+1)
		if m != "" && k != "" {
			return m + "[" + k + "]"
		}
	case *ssa.MakeInterface:
		return key(x.X, depth+1)
	case *ssa.ChangeInterface:
		return key(x.X, depth+1)
	}
	return ""
}

// outside says where a value comes from whose type is decided elsewhere; empty when
// that is not known.
func (f *finder) outside(a *ssa.TypeAssert) string {
	return f.from(a, a.X, 0)
}

func (f *finder) from(a *ssa.TypeAssert, v ssa.Value, depth int) string {
	if depth > 6 {
		return ""
	}
	switch x := v.(type) {
	case *ssa.ChangeInterface:
		return f.from(a, x.X, depth+1)
	case *ssa.Call:
		return f.ofCall(a, x)
	case *ssa.Extract:
		switch t := x.Tuple.(type) {
		case *ssa.Call:
			return f.ofTuple(a, t, x.Index)
		case *ssa.Lookup:
			return f.entry(a, t.X, depth)
		case *ssa.Next:
			if r, ok := t.Iter.(*ssa.Range); ok && x.Index == 2 {
				return f.entry(a, r.X, depth)
			}
		case *ssa.UnOp:
			return f.received(a, t.X)
		}
	case *ssa.Lookup:
		return f.entry(a, x.X, depth)
	case *ssa.UnOp:
		return f.loaded(a, x, depth)
	case *ssa.Parameter:
		return f.parameter(a, x)
	}
	return ""
}

// loaded is where a value in a variable, an element or a channel comes from.
func (f *finder) loaded(a *ssa.TypeAssert, x *ssa.UnOp, depth int) string {
	switch at := x.X.(type) {
	case *ssa.Alloc:
		if decoded(at) {
			return "the value is decoded from data"
		}
	case *ssa.IndexAddr:
		if f.decodedFrom(at.X, depth+1) {
			return "the element is decoded from data"
		}
	case *ssa.FieldAddr:
		if s, ok := at.X.(*ssa.Alloc); ok && decoded(s) {
			return "the field is decoded from data"
		}
	default:
		return f.received(a, x.X)
	}
	return ""
}

func (f *finder) received(a *ssa.TypeAssert, ch ssa.Value) string {
	c, ok := ch.Type().Underlying().(*types.Chan)
	if !ok {
		return ""
	}
	if _, ok := c.Elem().Underlying().(*types.Interface); !ok || f.stored.only("chan", ch, a.AssertedType) {
		return ""
	}
	if f.stored.any("chan", ch) || isParam(ch) {
		return "whoever sends on the channel decides what it is"
	}
	return ""
}

func isParam(v ssa.Value) bool {
	_, ok := v.(*ssa.Parameter)
	return ok
}

// entry is where an entry of a map comes from.
func (f *finder) entry(a *ssa.TypeAssert, m ssa.Value, depth int) string {
	t, ok := m.Type().Underlying().(*types.Map)
	if !ok {
		return ""
	}
	if _, ok := t.Elem().Underlying().(*types.Interface); !ok {
		return ""
	}
	if f.decodedFrom(m, depth+1) {
		return "the entry is decoded from data, and may be missing"
	}
	return ""
}

// anyMap reports whether the type is map[string]any, what JSON decodes to.
func anyMap(t *types.Map) bool {
	k, ok := t.Key().Underlying().(*types.Basic)
	i, isAny := t.Elem().Underlying().(*types.Interface)
	return ok && k.Kind() == types.String && isAny && i.NumMethods() == 0
}

// decodedFrom reports whether a map or slice has been decoded, or is part of what has.
func (f *finder) decodedFrom(v ssa.Value, depth int) bool {
	if depth > 8 {
		return false
	}
	switch x := v.(type) {
	case *ssa.UnOp:
		switch at := x.X.(type) {
		case *ssa.Alloc:
			return decoded(at)
		case *ssa.FieldAddr:
			if s, ok := at.X.(*ssa.Alloc); ok {
				return decoded(s)
			}
		case *ssa.IndexAddr:
			return f.decodedFrom(at.X, depth+1)
		}
	case *ssa.MakeMap:
		return decoded(x)
	case *ssa.TypeAssert:
		return f.decodedFrom(x.X, depth+1)
	case *ssa.Extract:
		switch t := x.Tuple.(type) {
		case *ssa.Call:
			return f.returnsDecoded(t.Common(), x.Index)
		case *ssa.TypeAssert:
			return f.decodedFrom(t.X, depth+1)
		case *ssa.Lookup:
			return f.decodedFrom(t.X, depth+1)
		case *ssa.Next:
			if r, ok := t.Iter.(*ssa.Range); ok {
				return f.decodedFrom(r.X, depth+1)
			}
		}
	case *ssa.Lookup:
		return f.decodedFrom(x.X, depth+1)
	case *ssa.Call:
		return f.returnsDecoded(x.Common(), 0)
	case *ssa.Parameter: // of a function that others call, with what they have decoded
		if n, ok := types.Unalias(x.Type()).(*types.Named); ok && f.stored.decoded[n.Obj()] {
			return true
		}
		m, ok := x.Type().Underlying().(*types.Map)
		obj := x.Parent().Object()
		return ok && anyMap(m) && obj != nil && obj.Exported() && x.Parent().Signature.Recv() == nil
	}
	return false
}

var decoders = map[string]bool{
	"encoding/json.Unmarshal": true, "(*encoding/json.Decoder).Decode": true, "encoding/xml.Unmarshal": true,
	"(*encoding/gob.Decoder).Decode": true, "gopkg.in/yaml.v3.Unmarshal": true, "gopkg.in/yaml.v2.Unmarshal": true,
	"sigs.k8s.io/yaml.Unmarshal": true, "(*gopkg.in/yaml.v3.Decoder).Decode": true,
}

// returnsDecoded reports whether a function of the package returns what it has
// decoded.
func (f *finder) returnsDecoded(c *ssa.CallCommon, n int) bool {
	fn := ir.Callee(c)
	if fn == nil || fn.Pkg != f.facts.SSA.Pkg {
		return false
	}
	for _, b := range fn.Blocks {
		r, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || n >= len(r.Results) {
			continue
		}
		load, ok := r.Results[n].(*ssa.UnOp)
		if !ok {
			continue
		}
		if a, ok := load.X.(*ssa.Alloc); ok && decoded(a) {
			return true
		}
	}
	return false
}

// decoded reports whether a variable is given to a decoder.
func decoded(v ssa.Value) bool {
	if v.Referrers() == nil {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.MakeInterface:
			if decoded(r) {
				return true
			}
		case *ssa.ChangeInterface:
			if decoded(r) {
				return true
			}
		case *ssa.Call:
			if decoders[nilness.Name(r.Common())] {
				return true
			}
		}
	}
	return false
}

// parameter says whether a parameter is whatever a caller outside gives.
func (f *finder) parameter(a *ssa.TypeAssert, p *ssa.Parameter) string {
	fn := p.Parent()
	if why := f.errorGiven(a, p); why != "" {
		return why
	}
	obj := fn.Object()
	if obj == nil || !obj.Exported() || fn.Signature.Recv() != nil || len(fn.Params) == 0 {
		return f.writer(a, p)
	}
	i, ok := p.Type().Underlying().(*types.Interface)
	if !ok || i.NumMethods() > 0 || f.stored.only("param", p, a.AssertedType) {
		return f.writer(a, p)
	}
	return fmt.Sprintf("callers of %s decide what %s is", fn.Name(), p.Name())
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// errorGiven says that an error may be another one, or wrapped.
func (f *finder) errorGiven(a *ssa.TypeAssert, p *ssa.Parameter) string {
	if !isError(p.Type()) || types.IsInterface(a.AssertedType) || p.Parent().Object() == nil {
		return ""
	}
	if f.stored.types["param:"+place(p)] != nil || strings.HasPrefix(strings.ToLower(p.Parent().Name()), "must") {
		return "" // a caller of the package knows what it gives
	}
	return "the error " + p.Name() + " may be another one, or a wrapper of it"
}

// writer says that a ResponseWriter may be wrapped by a middleware.
func (f *finder) writer(a *ssa.TypeAssert, p *ssa.Parameter) string {
	if types.TypeString(p.Type(), nil) != "net/http.ResponseWriter" {
		return ""
	}
	switch types.TypeString(a.AssertedType, nil) {
	case "net/http.Flusher", "net/http.Hijacker", "net/http.Pusher", "net/http.CloseNotifier", "io.ReaderFrom":
		return "a middleware may have wrapped the ResponseWriter " + p.Name()
	}
	return ""
}
