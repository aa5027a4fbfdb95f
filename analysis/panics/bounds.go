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
		x.arrayIndex(i, of, at, n)
		return
	}
	b := i.Block()
	if c, ok := at.(*ssa.Const); ok {
		x.constIndex(i, of, c)
		return
	}
	if x.checked(b, at, of) || bounded(at, 0) {
		return
	}
	grade := Unlikely
	switch root := canon(at); {
	case x.fromData(at, 0):
		grade = Likely
	case root.path == "" && isParam(root.root) && !x.orders():
		grade = Possible
	case lastOf(at):
		if x.fresh(of) {
			grade = Likely
		}
	}
	x.add(i, Index, grade, token.NoPos, "indexes %s with %s without a check", describe(of), describe(at))
}

func (x *finder) constIndex(i ssa.Instruction, of ssa.Value, c *ssa.Const) {
	n, ok := constant.Int64Val(constant.ToInt(orZero(c.Value)))
	if !ok || known(of, n) || x.checked(i.Block(), of) {
		return
	}
	grade := Unlikely
	switch root := canon(of); {
	case x.fresh(of):
		grade = Likely
	case root.path == "" && isParam(root.root):
		grade = Possible
	case x.decoded(root.root):
		grade = Likely
	}
	x.add(i, Index, grade, token.NoPos, "reads %s[%d] without a check of its length", describe(of), n)
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

func arrayLen(t types.Type) (int64, bool) {
	a, ok := deref(t).Underlying().(*types.Array)
	if !ok {
		return 0, false
	}
	return a.Len(), true
}

func (x *finder) arrayIndex(i ssa.Instruction, of, at ssa.Value, n int64) {
	if _, ok := at.(*ssa.Const); ok || bounded(at, 0) || x.checked(i.Block(), at) {
		return
	}
	if c, ok := at.(*ssa.Convert); ok && sizeOf(c.X.Type()) <= n || sizeOf(at.Type()) <= n {
		return
	}
	grade := Unlikely
	if x.fromData(at, 0) {
		grade = Likely
	}
	x.add(i, Index, grade, token.NoPos, "indexes an array of %d with %s without a check", n, describe(at))
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
	if x.checked(i.Block(), i.X) {
		return
	}
	for _, at := range []ssa.Value{i.Low, i.High, i.Max} {
		if at == nil {
			continue
		}
		if c, ok := at.(*ssa.Const); ok {
			n, _ := constant.Int64Val(constant.ToInt(orZero(c.Value)))
			if n > 0 && x.fresh(i.X) {
				x.add(i, Index, Likely, token.NoPos, "cuts %s at %d without a check of its length", describe(i.X), n)
				return
			}
			continue
		}
		if x.fromData(at, 0) && !x.checked(i.Block(), at) && !bounded(at, 0) {
			x.add(i, Index, Likely, token.NoPos, "cuts %s at %s without a check", describe(i.X), describe(at))
			return
		}
		if root := canon(at); root.path == "" && isParam(root.root) && !x.orders() && !x.checked(i.Block(), at) {
			x.add(i, Index, Possible, token.NoPos, "cuts %s at %s without a check", describe(i.X), describe(at))
			return
		}
	}
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
			return x.decoded(canon(v).root)
		}
	}
	return false
}

func parses(fn string) bool {
	switch fn {
	case "strconv.Atoi", "strconv.ParseInt", "strconv.ParseUint", "encoding/binary.ReadUvarint", "encoding/binary.ReadVarint",
		"(encoding/binary.ByteOrder).Uint16", "(encoding/binary.ByteOrder).Uint32", "(encoding/binary.ByteOrder).Uint64",
		"(encoding/binary.bigEndian).Uint16", "(encoding/binary.bigEndian).Uint32", "(encoding/binary.bigEndian).Uint64",
		"(encoding/binary.littleEndian).Uint16", "(encoding/binary.littleEndian).Uint32", "(encoding/binary.littleEndian).Uint64",
		"strings.Index", "strings.IndexByte", "strings.IndexRune", "strings.LastIndex", "strings.LastIndexByte", "strings.IndexAny",
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
