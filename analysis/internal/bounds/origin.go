package bounds

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Source is somebody outside of the program who decides how long a value is, or
// which number it has.
type Source struct {
	What    string // "strings.Split", "the body of the request"; empty for none
	Decoded bool   // what is reached from it, through fields and elements, is from outside too
	Least   int64  // of a length that a function returns: proven where it returns
	Bounded bool   // of a number that a function returns: checked where it returns

	related []ssa.Value // checks of these say something of the length or number
}

// Known reports whether there is a source.
func (src Source) Known() bool { return src.What != "" }

// Binary reports whether the number was taken out of bytes.
func (src Source) Binary() bool {
	return strings.HasPrefix(src.What, "binary.") || strings.HasPrefix(src.What, "a byte of")
}

// Entry reports whether the source is an entry of a map.
func (src Source) Entry() bool { return strings.HasPrefix(src.What, "a map entry") }

// With adds a value whose checks say something of the source.
func (src Source) With(v ssa.Value) Source {
	src.related = append(src.related[:len(src.related):len(src.related)], v)
	return src
}

const maxOrigin = 12

// LenSource tells who decides the length of v, if it is somebody outside.
func (s *Solver) LenSource(v ssa.Value) Source { return s.lenSource(v, 0) }

func (s *Solver) lenSource(v ssa.Value, depth int) Source {
	if depth > maxOrigin || s.visiting[v] {
		return Source{}
	}
	if _, ok := arrayLen(v.Type()); ok {
		return Source{}
	}
	s.visiting[v] = true
	defer delete(s.visiting, v)
	src := s.lenFrom(v, depth+1)
	if !src.Known() {
		return src
	}
	return src.With(v)
}

func (s *Solver) lenFrom(v ssa.Value, depth int) Source {
	switch x := v.(type) {
	case *ssa.ChangeType:
		return s.lenSource(x.X, depth)
	case *ssa.Convert:
		if isBytes(x.X.Type()) {
			return s.lenSource(x.X, depth)
		}
	case *ssa.Phi:
		return s.first(x.Edges, func(e ssa.Value) Source { return s.lenSource(e, depth) })
	case *ssa.Slice:
		return s.slicedSource(x, depth)
	case *ssa.Call:
		return s.lenOfCall(&x.Call, 0, depth)
	case *ssa.Extract:
		switch t := x.Tuple.(type) {
		case *ssa.Call:
			return s.lenOfCall(&t.Call, x.Index, depth)
		case *ssa.TypeAssert:
			if x.Index == 0 {
				return assertedSource(t)
			}
		}
	case *ssa.TypeAssert:
		return assertedSource(x)
	case *ssa.Lookup:
		if !x.CommaOk && multi(x.X) {
			return Source{What: "a map entry that may be missing", related: []ssa.Value{x.X}}
		}
	case *ssa.UnOp:
		return s.loaded(x, depth, s.lenSource)
	case *ssa.Field, *ssa.Index:
		return s.decoded(v, depth)
	case *ssa.Parameter:
		if what := given(x); what != "" {
			return Source{What: what}
		}
		return s.fromCallers(x, depth, func(arg ssa.Value) Source { return s.lenSource(arg, depth+3) })
	}
	return Source{}
}

func (s *Solver) first(values []ssa.Value, of func(ssa.Value) Source) Source {
	for i, e := range values {
		if i > maxEdges {
			break
		}
		if src := of(e); src.Known() {
			return src
		}
	}
	return Source{}
}

// slicedSource: a part of what comes from outside, or as much of a buffer as was
// read.
func (s *Solver) slicedSource(x *ssa.Slice, depth int) Source {
	if x.High == nil {
		return s.lenSource(x.X, depth)
	}
	if e, ok := s.Int(x.High).v.(*ssa.Extract); ok && e.Index == 0 {
		if c, ok := e.Tuple.(*ssa.Call); ok && reads(&c.Call) {
			return Source{What: ir.Target(&c.Call).Name() + ", which may read nothing", related: []ssa.Value{e}}
		}
	}
	if src := s.numSource(x.High, depth); src.Known() {
		return src
	}
	return Source{}
}

// reads reports whether the call fills a buffer with what somebody sent.
func reads(c *ssa.CallCommon) bool {
	fn := ir.Target(c)
	return fn != nil && readsInto(c) != nil && (strings.HasPrefix(fn.Name(), "Read") && fn.Name() != "ReadFull" && fn.Name() != "ReadAtLeast" || strings.HasPrefix(fn.Name(), "Recv"))
}

// assertedSource: an array in a tree that json.Unmarshal made for an any.
func assertedSource(t *ssa.TypeAssert) Source {
	sl, ok := t.AssertedType.Underlying().(*types.Slice)
	if !ok {
		return Source{}
	}
	if i, ok := sl.Elem().Underlying().(*types.Interface); ok && i.Empty() {
		return Source{What: "a decoded array"}
	}
	return Source{}
}

// multi reports whether the map is one of lists by name that a client fills.
func multi(m ssa.Value) bool {
	t := m.Type()
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		switch n.Obj().Pkg().Path() + "." + n.Obj().Name() {
		case "net/http.Header", "net/url.Values", "net/textproto.MIMEHeader", "net/mail.Header", "google.golang.org/grpc/metadata.MD":
			return true
		}
	}
	load, ok := m.(*ssa.UnOp)
	if !ok {
		return false
	}
	f, ok := load.X.(*ssa.FieldAddr)
	if !ok {
		return false
	}
	p, ok := f.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "mime/multipart" && n.Obj().Name() == "Form"
}

// loaded follows a load to what was stored, or to what was decoded there.
func (s *Solver) loaded(x *ssa.UnOp, depth int, follow func(ssa.Value, int) Source) Source {
	if x.Op != token.MUL {
		return Source{}
	}
	if one := s.only(x); one != nil {
		return follow(one, depth)
	}
	switch a := x.X.(type) {
	case *ssa.Global:
		if a.Pkg != nil && a.Pkg.Pkg.Path() == "os" && a.Name() == "Args" {
			return Source{What: "os.Args"}
		}
	case *ssa.IndexAddr:
		if src := s.element(a, depth); src.Known() {
			return src
		}
	case *ssa.FieldAddr:
		if src := wireField(a); src.Known() {
			return src
		}
	}
	return s.decoded(x, depth)
}

// element: rows of a table, and the parts of a text, which may be empty.
func (s *Solver) element(a *ssa.IndexAddr, depth int) Source {
	src := s.lenSource(a.X, depth+2)
	switch {
	case strings.Contains(src.What, "Split"), src.What == "os.Args":
		if isBytes(a.Type().Underlying().(*types.Pointer).Elem()) {
			return Source{What: "an element of " + src.What + ", which may be empty"}
		}
	case src.What == "csv.ReadAll":
		return Source{What: "a row of the file", Least: 1}
	}
	return Source{}
}

// wireField: fields of well-known types that hold what the other side sent.
func wireField(f *ssa.FieldAddr) Source {
	p, ok := f.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return Source{}
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return Source{}
	}
	st, ok := n.Underlying().(*types.Struct)
	if !ok || f.Field >= st.NumFields() {
		return Source{}
	}
	name := n.Obj().Pkg().Path() + "." + n.Obj().Name() + "." + st.Field(f.Field).Name()
	switch name {
	case "github.com/miekg/dns.Msg.Question", "github.com/miekg/dns.Msg.Answer", "github.com/miekg/dns.Msg.Ns", "github.com/miekg/dns.Msg.Extra",
		"github.com/nats-io/nats.go.Msg.Data", "github.com/segmentio/kafka-go.Message.Value", "github.com/rabbitmq/amqp091-go.Delivery.Body":
		return Source{What: n.Obj().Name() + "." + st.Field(f.Field).Name() + " of a received message"}
	}
	return Source{}
}

// given: parameters that the contract of a method makes input.
func given(p *ssa.Parameter) string {
	fn := p.Parent()
	if fn.Signature.Recv() == nil || len(fn.Params) != 2 || fn.Params[1] != p {
		return ""
	}
	switch fn.Name() {
	case "UnmarshalBinary", "UnmarshalText", "GobDecode":
		if isBytes(p.Type()) && fn.Signature.Results().Len() == 1 {
			return "the data that " + fn.Name() + " is given"
		}
	}
	return ""
}

// Handed is the parameter of an exported function that v is, or is a part of from
// some index on: its length is up to callers outside of the package.
func Handed(v ssa.Value) *ssa.Parameter {
	for range 4 {
		switch x := v.(type) {
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Slice:
			v = x.X
		case *ssa.Parameter:
			fn := x.Parent()
			if obj := ir.Object(fn); obj == nil || !obj.Exported() || fn.Signature.Recv() != nil && x == fn.Params[0] {
				return nil
			}
			return x
		default:
			return nil
		}
	}
	return nil
}

// fromCallers follows a parameter of a function that only this package calls, as
// far as every caller is known.
func (s *Solver) fromCallers(p *ssa.Parameter, depth int, of func(ssa.Value) Source) Source {
	calls, all := s.callersOf(p.Parent())
	if !all || depth > 8 || len(calls) > 20 {
		return Source{}
	}
	n := paramIndex(p)
	for _, c := range calls {
		if n < 0 || n >= len(c.Common().Args) {
			return Source{}
		}
		src := of(c.Common().Args[n])
		if src.Known() && !s.checkedSource(src, c) {
			return Source{What: src.What, Decoded: src.Decoded, Least: src.Least}
		}
	}
	return Source{}
}

func paramIndex(p *ssa.Parameter) int {
	for i, q := range p.Parent().Params {
		if q == p {
			return i
		}
	}
	return -1
}

// paramLen is the least length that all callers of the function pass.
func (p *proof) paramLen(x *ssa.Parameter) int64 {
	calls, all := p.callersOf(x.Parent())
	n := paramIndex(x)
	if !all || len(calls) == 0 || len(calls) > 20 || n < 0 {
		return 0
	}
	least := int64(limit)
	for _, c := range calls {
		if n >= len(c.Common().Args) {
			return 0
		}
		e := p.Len(c.Common().Args[n])
		lo, _ := p.rangeOf(e.Term, before(c), 8)
		least = min(least, plus(lo, e.K))
	}
	return max(0, least)
}

// lenOfCall: functions of the standard library, transformations, and functions
// whose returns were looked at.
func (s *Solver) lenOfCall(c *ssa.CallCommon, result, depth int) Source {
	target := ir.Target(c)
	name, args := ir.Name(target), ir.Args(c)
	if kept(name) && len(args) > 0 && result == 0 {
		return s.lenSource(args[0], depth)
	}
	if what, ok := lengths[name]; ok && what.result == result {
		if what.what == "csv.Read" && s.fieldsFixed() {
			return Source{}
		}
		if len(args) > 0 && isBytes(args[what.text].Type()) && (s.Internal(args[what.text]) || s.agreed(args[what.text])) {
			return Source{}
		}
		src := Source{What: what.what, Least: what.least}
		if src.What == "" {
			src.What = short(name)
		}
		if len(args) > 0 && isBytes(args[what.text].Type()) {
			src.related = s.texts(args[what.text])
		}
		return src
	}
	return s.resultSource(c, target, result)
}

// texts are the text that is taken apart, and what it was made of.
func (s *Solver) texts(v ssa.Value) []ssa.Value {
	list := []ssa.Value{v}
	for range 6 {
		switch x := v.(type) {
		case *ssa.Call:
			args := ir.Args(&x.Call)
			if !kept(ir.Name(ir.Target(&x.Call))) || len(args) == 0 {
				return list
			}
			v = args[0]
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Slice:
			v = x.X
		case *ssa.UnOp:
			one := s.only(x)
			if one == nil {
				return list
			}
			v = one
		default:
			return list
		}
		list = append(list, v)
	}
	return list
}

// kept reports whether the function gives its first argument, changed a little.
func kept(name string) bool {
	for _, p := range []string{"strings.Trim", "strings.ToLower", "strings.ToUpper", "strings.Replace", "bytes.Trim", "bytes.ToLower", "bytes.ToUpper", "html.Unescape"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// fieldsFixed reports whether this package tells a csv.Reader how many fields a
// record has.
func (s *Solver) fieldsFixed() bool {
	for _, fn := range s.ssa.SrcFuncs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				f, ok := i.(*ssa.FieldAddr)
				if !ok {
					continue
				}
				p, ok := f.X.Type().Underlying().(*types.Pointer)
				if !ok {
					continue
				}
				st, ok := p.Elem().Underlying().(*types.Struct)
				if ok && f.Field < st.NumFields() && st.Field(f.Field).Name() == "FieldsPerRecord" {
					return true
				}
			}
		}
	}
	return false
}

// short is the name of a function as code writes it.
func short(name string) string {
	if i := strings.LastIndex(name, "/"); i >= 0 {
		return strings.TrimSuffix(strings.Replace(name[i+1:], ")", "", 1), ")")
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "("), "*")
	return strings.Replace(name, ")", "", 1)
}

type origin struct {
	result int
	what   string // empty: the name of the function
	text   int    // the argument that is taken apart
	least  int64
}

// lengths names functions whose results are as long as somebody outside wants.
var lengths = map[string]origin{
	"strings.Split": {}, "strings.SplitN": {}, "strings.SplitAfter": {}, "strings.SplitAfterN": {}, "strings.Fields": {}, "strings.FieldsFunc": {},
	"bytes.Split": {}, "bytes.SplitN": {}, "bytes.SplitAfter": {}, "bytes.Fields": {}, "bytes.FieldsFunc": {},
	"(*regexp.Regexp).FindStringSubmatch": {}, "(*regexp.Regexp).FindSubmatch": {}, "(*regexp.Regexp).FindStringIndex": {}, "(*regexp.Regexp).FindIndex": {},
	"(*regexp.Regexp).FindAllString": {}, "(*regexp.Regexp).FindAllStringSubmatch": {}, "(*regexp.Regexp).FindStringSubmatchIndex": {}, "(*regexp.Regexp).FindSubmatchIndex": {},
	"(*regexp.Regexp).FindAllStringIndex": {}, "(*regexp.Regexp).FindString": {}, "(*regexp.Regexp).Split": {}, "(*regexp.Regexp).FindAll": {},
	"flag.Args": {what: "the command line"}, "(*flag.FlagSet).Args": {what: "the command line"}, "flag.Arg": {what: "the command line"},
	"os.Getenv": {what: "the environment"}, "os.LookupEnv": {what: "the environment"},
	"(*encoding/csv.Reader).Read":                      {what: "csv.Read"},
	"(*encoding/csv.Reader).ReadAll":                   {what: "csv.ReadAll"},
	"(*bufio.Scanner).Text":                            {what: "a line of input"},
	"(*bufio.Scanner).Bytes":                           {what: "a line of input"},
	"(*bufio.Reader).ReadString":                       {what: "a line of input"},
	"(*bufio.Reader).ReadBytes":                        {what: "a line of input"},
	"(*bufio.Reader).ReadLine":                         {what: "a line of input"},
	"(*net/textproto.Reader).ReadLine":                 {what: "a line of input"},
	"io.ReadAll":                                       {},
	"os.ReadFile":                                      {},
	"os.ReadDir":                                       {},
	"path/filepath.Glob":                               {},
	"(*os/exec.Cmd).Output":                            {what: "the output of a command"},
	"(*os/exec.Cmd).CombinedOutput":                    {what: "the output of a command"},
	"encoding/hex.DecodeString":                        {},
	"(*encoding/base64.Encoding).DecodeString":         {},
	"(*net/http.Request).FormValue":                    {what: "a value of the request"},
	"(*net/http.Request).PostFormValue":                {what: "a value of the request"},
	"(*net/http.Request).PathValue":                    {what: "a value of the request"},
	"(net/http.Header).Get":                            {what: "a header of the request"},
	"(net/http.Header).Values":                         {what: "a header of the request"},
	"(net/url.Values).Get":                             {what: "a value of the query"},
	"(net/textproto.MIMEHeader).Get":                   {what: "a header"},
	"(net/textproto.MIMEHeader).Values":                {what: "a header"},
	"(google.golang.org/grpc/metadata.MD).Get":         {what: "the metadata of the call"},
	"(*github.com/gorilla/websocket.Conn).ReadMessage": {result: 1, what: "a message of the peer"},
}
