package postmortem

import (
	"encoding/binary"
	"reflect"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/gobin"
)

// How much is read of requests.
const (
	maxRequests = 10_000
	maxURL      = 2048
	// maxServeFrame bounds the frame of net/http.(*conn).serve, which has some
	// hundred bytes.
	maxServeFrame = 16 << 10
	// maxIdle is how many connections are looked for in vain at one call in serve
	// until it is taken for one where none has a request, such as where it waits
	// for the next one.
	maxIdle = 256
)

// httpTypes is where net/http keeps what we want to know, from the type tables of
// the executable: they are there without symbols too.
type httpTypes struct {
	curReq, curState, remote      uint64 // of conn
	hasState                      bool
	conn, request                 uint64 // of response
	method, host, uri, url, route uint64 // of Request
	hasRoute                      bool   // from Go 1.23 on
	path                          uint64 // of net/url.URL
}

// A fieldFinder looks up fields and remembers what is missing.
type fieldFinder struct {
	file    *gobin.File
	missing string
}

// structNamed returns a type of a package, nil when there is none.
func (f *fieldFinder) structNamed(name string) *gobin.Type {
	t, err := f.file.TypeNamed(name)
	if err != nil || t.Kind != reflect.Struct {
		f.missing = name
		return &gobin.Type{}
	}
	return t
}

// offset returns where a field is. kind is that of its type; of a struct, such as
// those of sync/atomic, it is the field v within.
func (f *fieldFinder) offset(t *gobin.Type, name string, kind reflect.Kind) (offset uint64, ok bool) {
	for _, field := range t.Fields {
		if field.Name != name {
			continue
		}
		of, err := f.file.TypeAt(field.Type)
		if err != nil {
			return 0, false
		}
		if of.Kind == reflect.Struct && kind != reflect.Struct {
			within, ok := f.offset(of, "v", kind)
			return field.Offset + within, ok
		}
		return field.Offset, of.Kind == kind
	}
	return 0, false
}

// must is offset for a field without which nothing works.
func (f *fieldFinder) must(t *gobin.Type, name string, kind reflect.Kind) uint64 {
	offset, ok := f.offset(t, name, kind)
	if !ok && f.missing == "" {
		f.missing = t.Name + "." + name
	}
	return offset
}

// httpTypesOf finds the types of net/http. It is not ok for a program that does
// not serve HTTP, or whose net/http is another one.
func httpTypesOf(file *gobin.File) (h httpTypes, ok bool) {
	f := &fieldFinder{file: file}
	conn, response := f.structNamed("net/http.conn"), f.structNamed("net/http.response")
	request, url := f.structNamed("net/http.Request"), f.structNamed("net/url.URL")
	h.curReq = f.must(conn, "curReq", reflect.UnsafePointer)
	h.remote = f.must(conn, "remoteAddr", reflect.String)
	h.curState, h.hasState = f.offset(conn, "curState", reflect.Uint64)
	h.conn, h.request = f.must(response, "conn", reflect.Pointer), f.must(response, "req", reflect.Pointer)
	h.method, h.host = f.must(request, "Method", reflect.String), f.must(request, "Host", reflect.String)
	h.uri, h.url = f.must(request, "RequestURI", reflect.String), f.must(request, "URL", reflect.Pointer)
	h.route, h.hasRoute = f.offset(request, "Pattern", reflect.String)
	h.path = f.must(url, "Path", reflect.String)
	return h, f.missing == ""
}

// A requestFinder finds the requests that unmodified servers of net/http serve.
//
// Each connection is served by a goroutine in net/http.(*conn).serve, whose
// receiver is in its frame: which word of it differs by release, so all are tried.
// A word is the connection when it points to one: its curReq is a response that
// points back to it. Chance does not do that.
type requestFinder struct {
	t        *taken
	http     httpTypes
	from, to uint64 // the code of serve, in memory
	calls    map[uint64]*serveCall
}

// A serveCall is what is known of a call in serve, by its return address.
type serveCall struct {
	size  int // of the frame, and of what lies above it; 0 when it is not known
	at    int // where in it the connection was found the last time
	found bool
	vain  int // how often none was
}

func (t *taken) takeRequests() {
	p := t.im.Program
	funcs, err := p.File.Lookup("net/http.(*conn).serve")
	if err != nil || len(funcs) == 0 {
		return
	}
	serve := funcs[0]
	f := requestFinder{t: t, from: serve.Entry + p.Bias, to: serve.End + p.Bias, calls: make(map[uint64]*serveCall)}
	if serve.Inlined || serve.Entry == serve.End {
		return
	}
	var ok bool
	if f.http, ok = httpTypesOf(p.File); !ok {
		t.problem("requests in flight: the types of net/http are not as they are known")
		return
	}
	for _, g := range t.gs {
		if g.System {
			continue
		}
		r, ok := f.find(g)
		switch {
		case !ok:
		case len(t.requests) >= maxRequests:
			t.more++
		default:
			t.requests = append(t.requests, r)
		}
	}
}

// find looks for the request that a goroutine serves. A stack has more than one
// word that looks like a return address into serve when values of a time before
// lie between; these lead to no connection.
func (f *requestFinder) find(g *takenG) (r Request, ok bool) {
	stack := g.stack.bytes
	if pc := g.regs.PC; pc > f.from && pc < f.to {
		if r, ok := f.frame(g, 0, pc); ok {
			return r, true
		}
	}
	for at := 0; at+8 <= len(stack); at += 8 {
		pc := binary.LittleEndian.Uint64(stack[at:])
		if pc <= f.from || pc >= f.to {
			continue
		}
		if r, ok := f.frame(g, at+8, pc); ok {
			return r, true
		}
	}
	return r, false
}

// frame looks for the connection in the frame of serve that begins at a place of
// the copied stack. Behind it is room for the arguments that came in registers
// (the Go ABI, abi-internal.md, "spill space").
func (f *requestFinder) frame(g *takenG, at int, pc uint64) (r Request, ok bool) {
	c := f.call(pc)
	if c.size == 0 || !c.found && c.vain >= maxIdle {
		return r, false
	}
	end := min(at+c.size, len(g.stack.bytes))
	if c.found && at+c.at+8 <= end {
		if r, ok := f.request(g, at+c.at); ok {
			return r, true
		}
	}
	for word := at; word+8 <= end; word += 8 {
		if r, ok := f.request(g, word); ok {
			c.at, c.found = word-at, true
			return r, true
		}
	}
	c.vain++
	return r, false
}

// call looks up a call by its return address.
func (f *requestFinder) call(pc uint64) *serveCall {
	c := f.calls[pc]
	if c == nil {
		c = new(serveCall)
		f.calls[pc] = c
		const spill = 8 * 8
		site, err := f.t.im.Program.File.Site(pc - f.t.im.Program.Bias)
		if err == nil && site.Frame && site.SPDelta > 0 && site.SPDelta <= maxServeFrame {
			c.size = site.SPDelta + 8 + spill
		}
	}
	return c
}

// request reads the request of the connection that a word of the stack points to,
// if it does.
func (f *requestFinder) request(g *takenG, at int) (r Request, ok bool) {
	m, h := f.t.memory, &f.http
	conn := binary.LittleEndian.Uint64(g.stack.bytes[at:])
	if conn == 0 || conn%8 != 0 || conn >= 1<<47 || conn >= g.StackLo && conn < g.StackHi {
		return r, false
	}
	response := m.word(conn + h.curReq)
	if response == 0 || response%8 != 0 || m.word(response+h.conn) != conn {
		return r, false
	}
	request := m.word(response + h.request)
	if request == 0 {
		return r, false
	}
	r = Request{Goroutine: int64(g.ID), Via: ViaHTTP}
	var methodOK, uriOK, hostOK, remoteOK bool
	r.Method, methodOK = m.text(request+h.method, event.MaxMethod)
	r.URL, uriOK = m.text(request+h.uri, maxURL)
	r.Host, hostOK = m.text(request+h.host, 256)
	r.Remote, remoteOK = m.text(conn+h.remote, 64)
	if !methodOK || !uriOK || !hostOK || !remoteOK {
		return r, false
	}
	if r.URL == "" {
		if url := m.word(request + h.url); url != 0 {
			r.URL, _ = m.text(url+h.path, maxURL) // a handler may have taken it away
		}
	}
	if h.hasRoute {
		r.Route, _ = m.text(request+h.route, event.MaxRoute) // as above
	}
	if h.hasState {
		r.StartedAt = started(m.word(conn + h.curState))
	}
	return r, true
}

// started is when a connection became active, which it does with the first byte
// of a request (net/http/server.go, setState): seconds of Unix time above a byte
// that is the state.
func started(packed uint64) time.Time {
	const active, hijacked = 1, 3
	if state := packed & 0xff; state != active && state != hijacked || packed>>8 == 0 || packed>>8 > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(packed>>8), 0).UTC()
}
