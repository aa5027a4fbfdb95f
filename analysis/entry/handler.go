package entry

import (
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// A shape is the parameter by which functions are known to be handlers. Routers
// that run on net/http inherit its recover: the request ends, the process does
// not. fasthttp recovers nothing.
type shape struct {
	param string // the type of the last parameter, without versions of the module
	ptr   bool
	by    string // who recovers, or nobody
}

var shapes = []shape{
	{"github.com/gin-gonic/gin.Context", true, "net/http"},
	{"github.com/labstack/echo.Context", false, "net/http"},
	{"github.com/labstack/echo.Context", true, "net/http"},
	{"github.com/gofiber/fiber.Ctx", true, ""},
	{"github.com/gofiber/fiber.Ctx", false, ""},
	{"github.com/valyala/fasthttp.RequestCtx", true, ""},
	{"github.com/emicklei/go-restful.Response", true, "net/http"},
	{"github.com/kataras/iris.Context", true, "net/http"},
	{"github.com/beego/beego/server/web/context.Context", true, "net/http"},
	{"github.com/julienschmidt/httprouter.Params", false, "net/http"},
}

// declared adds what a function is by its name and its signature.
func (e *Entries) declared(fn *ssa.Function) {
	if !fn.Pos().IsValid() || e.InTest(fn.Pos()) {
		return
	}
	sig := fn.Signature
	if by, via, ok := e.isHandler(sig); ok {
		x := Entry{Kind: Handler, Pos: fn.Pos(), Target: fn, Via: via}
		if by != "" {
			x.Guard, x.By = Spawner, by
		}
		e.add(x)
		return
	}
	obj := ir.Object(fn)
	if obj == nil {
		return
	}
	if via, ok := e.isRPC(obj); ok {
		e.add(Entry{Kind: RPC, Pos: fn.Pos(), Target: fn, Via: via})
		return
	}
	switch pkg := e.SSA.Pkg.Pkg.Name(); {
	case obj.Name() == "init" && sig.Recv() == nil:
		e.add(Entry{Kind: Init, Pos: fn.Pos(), Target: fn})
	case pkg == "main" && obj.Name() == "main" && sig.Recv() == nil:
		e.add(Entry{Kind: Main, Pos: fn.Pos(), Target: fn})
	case pkg != "main" && obj.Exported() && exportedReceiver(sig):
		e.add(Entry{Kind: Exported, Pos: fn.Pos(), Target: fn})
	}
}

func exportedReceiver(sig *types.Signature) bool {
	if sig.Recv() == nil {
		return true
	}
	t := sig.Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Exported()
}

// isHandler reports whether the signature is one that routers call, who recovers
// there, and which router.
func (e *Entries) isHandler(sig *types.Signature) (by, via string, ok bool) {
	params := sig.Params()
	if params.Len() == 0 {
		return "", "", false
	}
	if params.Len() >= 2 && isNamed(params.At(0).Type(), "net/http.ResponseWriter", false) &&
		isNamed(params.At(1).Type(), "net/http.Request", true) {
		return "net/http", "net/http", true
	}
	last := params.At(params.Len() - 1).Type()
	for _, s := range shapes {
		if isNamed(last, s.param, s.ptr) {
			// A helper that is given the context has results of its own.
			if r := sig.Results(); r.Len() > 1 || r.Len() == 1 && r.At(0).Type().String() != "error" || params.Len() > 2 {
				return "", "", false
			}
			return s.by, s.param[:strings.LastIndexByte(s.param, '.')], true
		}
	}
	if params.Len() == 2 && isNamed(params.At(0).Type(), "context.Context", false) && isNamed(last, "connectrpc.com/connect.Request", true) {
		return "net/http", "connectrpc.com/connect", true
	}
	return "", "", false
}

// isNamed reports whether t is the type, or a pointer to it; versions in the
// path of its module do not count.
func isNamed(t types.Type, name string, ptr bool) bool {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok != ptr {
		return false
	} else if ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return false
	}
	return unversioned(n.Obj().Pkg().Path())+"."+n.Obj().Name() == name
}

func unversioned(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 || len(path) < i+3 || path[i+1] != 'v' {
		return path
	}
	for _, r := range path[i+2:] {
		if r < '0' || r > '9' {
			return path
		}
	}
	return path[:i]
}

// rpcServer keeps the types that a call registers at an RPC server:
// RegisterGreeterServer(s, &server{}) of generated code, rpc.Register(&server{}).
func (e *Entries) rpcServer(c ssa.CallInstruction) {
	fn := ir.Target(c.Common())
	if fn == nil {
		return
	}
	via := ""
	args := ir.Args(c.Common())
	switch name := fn.Name(); {
	case len(args) == 2 && strings.HasPrefix(name, "Register") && strings.HasSuffix(name, "Server"):
		via = "gRPC"
	case fn.Pkg() != nil && fn.Pkg().Path() == "net/rpc" && strings.HasPrefix(name, "Register"):
		via = "net/rpc"
	default:
		return
	}
	m, ok := args[len(args)-1].(*ssa.MakeInterface)
	if !ok {
		return
	}
	if n := named(m.X.Type()); n != nil {
		e.rpc[n] = via
	}
}

func named(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, _ := t.(*types.Named)
	return n
}

// isRPC reports whether the method is one that an RPC server calls.
func (e *Entries) isRPC(obj *types.Func) (string, bool) {
	sig := obj.Signature()
	if sig.Recv() == nil || !obj.Exported() {
		return "", false
	}
	recv := named(sig.Recv().Type())
	if recv == nil {
		return "", false
	}
	params, results := sig.Params(), sig.Results()
	last := results.Len() - 1
	if last < 0 || results.At(last).Type().String() != "error" || params.Len() == 0 {
		return "", false
	}
	via := e.rpc[recv]
	if via == "" && embedsServer(recv) {
		via = "gRPC"
	}
	switch via {
	case "gRPC":
		unary := params.Len() == 2 && last == 1 && isNamed(params.At(0).Type(), "context.Context", false)
		stream := last == 0 && params.Len() <= 2 && isStream(params.At(params.Len()-1).Type())
		return via, unary || stream
	case "net/rpc":
		_, ptr := params.At(params.Len() - 1).Type().(*types.Pointer)
		return via, params.Len() == 2 && last == 0 && ptr
	}
	return "", false
}

// embedsServer reports whether the struct embeds what generated gRPC code wants
// servers to embed.
func embedsServer(n *types.Named) bool {
	s, ok := n.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		name := f.Name()
		if f.Embedded() && strings.HasSuffix(name, "Server") && (strings.HasPrefix(name, "Unimplemented") || strings.HasPrefix(name, "Unsafe")) {
			return true
		}
	}
	return false
}

func isStream(t types.Type) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "SendMsg")
	_, ok := obj.(*types.Func)
	return ok
}

// A Trace says how a function is reached from a request.
type Trace struct {
	Entry *Entry
	Calls []token.Pos // from the handler on

	// Covered is set when a guard of a function in between recovers its panics.
	Covered bool
}

// maxDepth is how far from a handler a function still counts as part of it.
const maxDepth = 6

// reach follows the calls from the handlers.
func (e *Entries) reach() {
	e.requests = make(map[*ssa.Function]*Trace)
	var todo []*ssa.Function
	for i := range e.List {
		x := &e.List[i]
		if x.Kind != Handler && x.Kind != RPC && x.Kind != Request || x.Target == nil || e.requests[x.Target] != nil {
			continue
		}
		if x.Target.Pkg != e.SSA.Pkg || e.InTest(x.Pos) {
			continue
		}
		e.requests[x.Target] = &Trace{Entry: x}
		todo = append(todo, x.Target)
	}
	for len(todo) > 0 {
		fn := todo[0]
		todo = todo[1:]
		from := e.requests[fn]
		if len(from.Calls) >= maxDepth {
			continue
		}
		guard := e.Guard(fn)
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if _, spawned := c.(*ssa.Go); spawned {
				return
			}
			covered := from.Covered || guard.Kind == behaviour.Repanics || guard.Covers(c)
			for _, callee := range e.Called(c) {
				if callee.Pkg != e.SSA.Pkg || e.requests[callee] != nil {
					continue
				}
				calls := append(from.Calls[:len(from.Calls):len(from.Calls)], c.Pos())
				e.requests[callee] = &Trace{Entry: from.Entry, Calls: calls, Covered: covered}
				todo = append(todo, callee)
			}
		})
	}
}

// Called lists the functions that run in the goroutine of the caller because of
// the call: the callee, and the functions that it is given and calls.
func (e *Entries) Called(c ssa.CallInstruction) []*ssa.Function {
	var fns []*ssa.Function
	if fn := ir.Callee(c.Common()); fn != nil {
		fns = append(fns, fn)
	}
	args := ir.Args(c.Common())
	for _, cb := range e.OfCall(c.Common()).Callbacks {
		if cb.Where == model.Caller && cb.Param < len(args) {
			fns = append(fns, ir.Functions(args[cb.Param])...)
		}
	}
	return fns
}

// Request says how the function is reached from a request in this package, or
// nil.
func (e *Entries) Request(fn *ssa.Function) *Trace { return e.requests[fn] }

// InRequest is Request for a function or for the one that a literal stands in: a
// goroutine that a handler starts belongs to the request too.
func (e *Entries) InRequest(fn *ssa.Function) *Trace {
	for ; fn != nil; fn = fn.Parent() {
		if t := e.requests[fn]; t != nil {
			return t
		}
	}
	return nil
}
