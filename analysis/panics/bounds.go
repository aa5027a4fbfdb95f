package panics

import (
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

func (x *finder) index(i ssa.Instruction, of, at ssa.Value) {
	if n, ok := arrayLen(of.Type()); ok {
		x.arrayIndex(i, at, n)
		return
	}
	b := i.Block()
	if c, ok := at.(*ssa.Const); ok {
		x.constIndex(i, of, c)
		return
	}
	grade := x.gradeIndex(of, at)
	if grade == Unlikely || bounded(at, 0) || x.checked(b, at, of) {
		return
	}
	x.add(i, Index, grade, token.NoPos, "indexes %s with %s without a check", describe(of), describe(at))
}

func (x *finder) gradeIndex(of, at ssa.Value) Grade {
	switch {
	case x.fromData(at, 0):
		return Likely
	case isParam(origin(at)) && !x.orders():
		return Possible
	case lastOf(at) && x.fresh(of):
		return Likely
	case lastOf(at) && !x.appended(of):
		return Possible // there is none when it is empty
	}
	return Unlikely
}

// appended reports whether the function puts something into the slice, or asks
// for its length, anywhere.
func (x *finder) appended(of ssa.Value) bool {
	from := canon(of)
	if _, kept := from.root.(*ssa.Parameter); !kept || from.path == "" || strings.Contains(from.path, "[") {
		return true // made or filled here, or by the callers
	}
	for _, b := range x.fn.Blocks {
		for _, i := range b.Instrs {
			s, ok := i.(*ssa.Store)
			if ok && canon(s.Addr) == from {
				return true
			}
			if _, branch := i.(*ssa.If); branch {
				asked := make(map[ref]bool)
				mentioned(i.(*ssa.If).Cond, asked, 0)
				if asked[from] {
					return true
				}
			}
		}
	}
	return false
}

func (x *finder) constIndex(i ssa.Instruction, of ssa.Value, c *ssa.Const) {
	n, ok := constant.Int64Val(constant.ToInt(orZero(c.Value)))
	if !ok || known(of, n) {
		return
	}
	grade := x.gradeConstIndex(of)
	if grade == Unlikely || x.checked(i.Block(), of) {
		return
	}
	x.add(i, Index, grade, token.NoPos, "reads %s[%d] without a check of its length", describe(of), n)
}

// gradeConstIndex grades an element that the code expects to be there.
func (x *finder) gradeConstIndex(of ssa.Value) Grade {
	from := canon(of)
	if x.fresh(of) || x.decoded(from.root) {
		return Likely
	}
	p, ok := from.root.(*ssa.Parameter)
	if !ok || p.Parent() != x.fn {
		return Unlikely
	}
	if from.path == "" || x.fn.Signature.Recv() == nil || p != x.fn.Params[0] {
		return Possible // it is given, or a part of what is given
	}
	return Unlikely
}

func orZero(v constant.Value) constant.Value {
	if v == nil {
		return constant.MakeInt64(0)
	}
	return v
}

// known reports whether the slice is made here with more than n elements.
func known(of ssa.Value, n int64) bool {
	switch v := of.(type) {
	case *ssa.Slice:
		size, ok := arrayLen(v.X.Type())
		return ok && n < size
	case *ssa.MakeSlice:
		return true // its length was chosen by the same function
	case *ssa.Const:
		return true // a string of the code
	case *ssa.Phi:
		return true // not looked at
	case *ssa.Call:
		switch fn := ir.Name(ir.Target(&v.Call)); fn {
		case "strings.Split", "strings.SplitN", "bytes.Split", "bytes.SplitN", "strings.SplitAfter", "strings.SplitAfterN":
			return n == 0
		}
		if ir.IsBuiltin(&v.Call, "append") {
			return true
		}
	}
	return false
}

// fresh reports whether the slice or string is the result of a call that says
// nothing of how long it is.
func (x *finder) fresh(of ssa.Value) bool {
	v := canon(of)
	if v.path != "" {
		return strings.Contains(v.path, `["`) // r.Form["x"][0]
	}
	switch c := v.root.(type) {
	case *ssa.Call:
		fn := ir.Target(&c.Call)
		if fn == nil {
			return false
		}
		if cuts(fn) && len(c.Call.Args) > 0 && ofKernel(c.Call.Args[0], 0) {
			return false
		}
		switch ir.Name(fn) {
		case "strings.Split", "strings.SplitN", "strings.Fields", "strings.FieldsFunc", "bytes.Split", "bytes.SplitN", "bytes.Fields",
			"(*regexp.Regexp).FindStringSubmatch", "(*regexp.Regexp).FindSubmatch", "(*regexp.Regexp).FindAllString", "(*regexp.Regexp).FindStringIndex",
			"strings.TrimSpace", "strings.TrimPrefix", "(net/http.Header).Values", "(net/url.Values).Encode", "(*net/http.Request).FormValue",
			"(*net/http.Request).PathValue", "(net/http.Header).Get", "(net/url.Values).Get", "os.Getenv":
			return true
		}
	case *ssa.Extract:
		call, ok := c.Tuple.(*ssa.Call)
		if !ok {
			return false
		}
		if name := ir.Name(ir.Target(&call.Call)); name == "os.ReadFile" && kernelFile(call.Call.Args[0], 0) {
			return false
		}
		switch ir.Name(ir.Target(&call.Call)) {
		case "io.ReadAll", "(*bufio.Reader).ReadString", "(*bufio.Reader).ReadBytes", "(*bufio.Reader).ReadLine", "os.ReadFile",
			"net.LookupHost", "net.LookupIP", "net.LookupAddr", "net.LookupTXT", "net.LookupMX", "net.LookupNS", "encoding/hex.DecodeString",
			"(*encoding/base64.Encoding).DecodeString", "(*encoding/csv.Reader).Read", "(*encoding/csv.Reader).ReadAll":
			return true
		}
	case *ssa.Lookup:
		switch c.X.Type().String() {
		case "net/http.Header", "net/url.Values", "net/textproto.MIMEHeader", "google.golang.org/grpc/metadata.MD":
			return true
		}
	}
	return false
}

// ofKernel reports whether the data are those of a file in /proc or /sys, of which
// the kernel says what is in it, or the name is one of such a file.
func ofKernel(v ssa.Value, depth int) bool {
	if depth > 6 {
		return false
	}
	switch v := canon(v).root.(type) {
	case *ssa.Const:
		return false
	case *ssa.Extract:
		c, ok := v.Tuple.(*ssa.Call)
		return ok && ir.Name(ir.Target(&c.Call)) == "os.ReadFile" && kernelFile(c.Call.Args[0], depth+1)
	case *ssa.Call:
		return cuts(ir.Target(&v.Call)) && len(v.Call.Args) > 0 && ofKernel(v.Call.Args[0], depth+1)
	}
	return false
}

// kernelFile reports whether the name begins with /proc or /sys.
func kernelFile(name ssa.Value, depth int) bool {
	if depth > 6 {
		return false
	}
	switch v := name.(type) {
	case *ssa.Const:
		text, _ := saying(v, 0)
		return strings.HasPrefix(text, "/proc/") || strings.HasPrefix(text, "/sys/")
	case *ssa.BinOp:
		return kernelFile(v.X, depth+1)
	case *ssa.Call:
		return len(v.Call.Args) > 0 && kernelFile(v.Call.Args[0], depth+1)
	case *ssa.UnOp:
		g, ok := v.X.(*ssa.Global)
		if !ok || g.Object() == nil || g.Object().Exported() {
			return false
		}
		for _, fn := range g.Pkg.Members {
			if fn, ok := fn.(*ssa.Function); ok && storesKernelFile(fn, g, depth) {
				return true
			}
		}
	}
	return false
}

// storesKernelFile reports whether the function, mostly an init, puts the name of
// such a file into the variable.
func storesKernelFile(fn *ssa.Function, g *ssa.Global, depth int) bool {
	for _, b := range fn.Blocks {
		for _, i := range b.Instrs {
			if s, ok := i.(*ssa.Store); ok && s.Addr == g && kernelFile(s.Val, depth+1) {
				return true
			}
		}
	}
	return false
}

func arrayLen(t types.Type) (int64, bool) {
	a, ok := deref(t).Underlying().(*types.Array)
	if !ok {
		return 0, false
	}
	return a.Len(), true
}

func (x *finder) arrayIndex(i ssa.Instruction, at ssa.Value, n int64) {
	if _, ok := at.(*ssa.Const); ok || !x.fromData(at, 0) || bounded(at, 0) {
		return
	}
	if sizeOf(unconverted(at).Type()) > n && !x.checked(i.Block(), at) {
		x.add(i, Index, Likely, token.NoPos, "indexes an array of %d with %s without a check", n, describe(at))
	}
}

// sizeOf is how many values the integer type has, as far as an array can be
// indexed with all of them.
func sizeOf(t types.Type) int64 {
	if b, ok := t.Underlying().(*types.Basic); ok {
		switch b.Kind() {
		case types.Uint8:
			return 1 << 8
		case types.Uint16:
			return 1 << 16
		}
	}
	return 1 << 62
}

func (x *finder) slice(i *ssa.Slice) {
	if _, ok := arrayLen(i.X.Type()); ok && i.Low == nil && i.High == nil {
		return
	}
	for _, at := range []ssa.Value{i.Low, i.High, i.Max} {
		if at == nil {
			continue
		}
		grade := x.gradeCut(i, at)
		if grade == Unlikely || behindFound(at) || bounded(at, 0) || x.checked(i.Block(), i.X, at) {
			continue
		}
		x.add(i, Index, grade, token.NoPos, "cuts %s at %s without a check of its length", describe(i.X), describe(at))
		return
	}
}

// behindFound reports whether a number is one more than where a search found
// something: 0 when it found nothing, and never more than the length.
func behindFound(v ssa.Value) bool {
	sum, ok := v.(*ssa.BinOp)
	if !ok || sum.Op != token.ADD {
		return false
	}
	one, ok := sum.Y.(*ssa.Const)
	if !ok || one.Value == nil || constant.Compare(constant.ToInt(one.Value), token.NEQ, constant.MakeInt64(1)) {
		return false
	}
	c, ok := sum.X.(*ssa.Call)
	return ok && searches(ir.Name(ir.Target(&c.Call)))
}

func (x *finder) gradeCut(i *ssa.Slice, at ssa.Value) Grade {
	if c, ok := at.(*ssa.Const); ok {
		if n, _ := constant.Int64Val(constant.ToInt(orZero(c.Value))); n > 0 && (x.fresh(i.X) || x.decoded(canon(i.X).root)) {
			return Likely
		}
		return Unlikely
	}
	switch {
	case x.fromData(at, 0):
		return Likely
	case isParam(origin(at)) && !x.orders():
		return Possible
	}
	return Unlikely
}

// allocation looks for a length that the input chooses: negative, or huge.
func (x *finder) allocation(i *ssa.MakeSlice) {
	if x.fromData(i.Len, 0) && !x.checked(i.Block(), i.Len) && !bounded(i.Len, 0) && sizeOf(unconverted(i.Len).Type()) > 1<<16 {
		x.add(i, Make, Possible, token.NoPos, "makes a slice of the length %s without a check", describe(i.Len))
	}
}

func unconverted(v ssa.Value) ssa.Value {
	if c, ok := v.(*ssa.Convert); ok {
		return c.X
	}
	return v
}

// bounded reports whether v is computed in a way that bounds it: a remainder, a
// mask, min.
func bounded(v ssa.Value, depth int) bool {
	if depth > 3 {
		return false
	}
	switch v := v.(type) {
	case *ssa.BinOp:
		switch v.Op {
		case token.REM, token.AND, token.SHR, token.AND_NOT:
			return true
		}
	case *ssa.Call:
		return ir.IsBuiltin(&v.Call, "min") || ir.IsBuiltin(&v.Call, "max") || ir.IsBuiltin(&v.Call, "copy")
	case *ssa.Convert:
		return bounded(v.X, depth+1)
	case *ssa.Phi:
		for _, e := range v.Edges {
			if bounded(e, depth+1) {
				return true
			}
		}
	}
	return false
}

// lastOf reports whether v is len(s)-1.
func lastOf(v ssa.Value) bool {
	op, ok := v.(*ssa.BinOp)
	return ok && op.Op == token.SUB && isLen(op.X)
}

// fromData reports whether the number was parsed or decoded, so that it is
// whatever the input says.
func (x *finder) fromData(v ssa.Value, depth int) bool {
	if depth > 4 {
		return false
	}
	switch v := v.(type) {
	case *ssa.Convert:
		return x.fromData(v.X, depth+1)
	case *ssa.ChangeType:
		return x.fromData(v.X, depth+1)
	case *ssa.BinOp:
		switch v.Op {
		case token.ADD, token.SUB, token.MUL:
			return x.fromData(v.X, depth+1) || x.fromData(v.Y, depth+1)
		}
	case *ssa.Extract:
		c, ok := v.Tuple.(*ssa.Call)
		return ok && v.Index == 0 && parses(ir.Name(ir.Target(&c.Call)))
	case *ssa.Call:
		return parses(ir.Name(ir.Target(&v.Call)))
	case *ssa.UnOp:
		if v.Op == token.MUL {
			return x.decoded(base(v))
		}
	}
	return false
}

func parses(fn string) bool {
	switch fn {
	case "strconv.Atoi", "strconv.ParseInt", "strconv.ParseUint", "encoding/binary.ReadUvarint", "encoding/binary.ReadVarint",
		"(encoding/binary.ByteOrder).Uint16", "(encoding/binary.ByteOrder).Uint32", "(encoding/binary.ByteOrder).Uint64",
		"(encoding/binary.bigEndian).Uint16", "(encoding/binary.bigEndian).Uint32", "(encoding/binary.bigEndian).Uint64",
		"(encoding/binary.littleEndian).Uint16", "(encoding/binary.littleEndian).Uint32", "(encoding/binary.littleEndian).Uint64":
		return true
	}
	return searches(fn)
}

func searches(fn string) bool {
	switch fn {
	case "strings.Index", "strings.IndexByte", "strings.IndexRune", "strings.LastIndex", "strings.LastIndexByte", "strings.IndexAny",
		"bytes.Index", "bytes.IndexByte", "bytes.LastIndex", "bytes.IndexRune":
		return true
	}
	return false
}

// decoded reports whether a local variable is filled from outside: its address
// goes to a decoder.
func (x *finder) decoded(v ssa.Value) bool {
	a, ok := v.(*ssa.Alloc)
	if !ok || a.Referrers() == nil {
		return false
	}
	if known, ok := x.fills[a]; ok {
		return known
	}
	x.fills[a] = x.filled(a)
	return x.fills[a]
}

func (x *finder) filled(a *ssa.Alloc) bool {
	for _, r := range *a.Referrers() {
		m, ok := r.(*ssa.MakeInterface)
		if !ok || m.Referrers() == nil {
			continue
		}
		for _, use := range *m.Referrers() {
			c, ok := use.(ssa.CallInstruction)
			if !ok {
				continue
			}
			if fn := ir.Target(c.Common()); fn != nil && decoders[fn.Name()] {
				return true
			}
		}
	}
	return false
}

var decoders = map[string]bool{
	"Unmarshal": true, "Decode": true, "DecodeElement": true, "Scan": true, "UnmarshalRead": true,
	"Bind": true, "BindJSON": true, "ShouldBind": true, "ShouldBindJSON": true, "ShouldBindQuery": true,
	"BodyParser": true, "Read": true,
}

// base is the variable that v is read from, or v.
func base(v ssa.Value) ssa.Value {
	for range 16 {
		switch x := v.(type) {
		case *ssa.UnOp:
			if x.Op != token.MUL {
				return v
			}
			v = x.X
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.IndexAddr:
			v = x.X
		default:
			return v
		}
	}
	return v
}

// origin is the parameter, or whatever else, that a number is, conversions aside.
func origin(v ssa.Value) ssa.Value {
	if r := canon(v); r.path == "" {
		return r.root
	}
	return nil
}

func isParam(v ssa.Value) bool {
	_, ok := v.(*ssa.Parameter)
	return ok
}

// orders reports whether the function is one that is asked to compare or swap
// elements whose indexes the caller knows.
func (x *finder) orders() bool {
	switch x.fn.Name() {
	case "Less", "Swap", "less", "swap":
		return true
	}
	return x.fn.Parent() != nil
}
