package postmortem

import (
	"time"
)

// Where grpc-go has its types.
const (
	grpcPath      = "google.golang.org/grpc"
	transportPath = grpcPath + "/internal/transport"
	grpcServe     = grpcPath + ".(*Server).handleStream"
)

// grpcTypes is where grpc-go keeps what we want to know.
//
// The goroutine that serves a call is in (*Server).handleStream, and has the
// stream in its frame. That names its transport in an interface, whose type is one
// of the two transports of servers, and its context in another one.
type grpcTypes struct {
	http2, handler uint64 // addresses of the types *http2Server and *serverHandlerTransport; 0 for none
	transport      uint64 // of ServerStream; of Stream before 1.69
	common         uint64 // of ServerStream: what it has in common with streams of clients
	behind         bool   // that stands behind a pointer
	method, ctx    uint64 // of what is common
	id, state      uint64
	handlerRequest uint64 // of serverHandlerTransport
	http           requestTypes
	contexts       contextTypes

	descName, descHandler, descServer, descClient uint64 // of StreamDesc
}

// streamDone is the last state of a stream (grpc-go, internal/transport).
const streamDone = 3

func (f *requestFinder) addGRPC() {
	if !f.has(grpcServe) {
		return
	}
	fields := f.t.fields()
	h := grpcTypesOf(fields)
	if fields.missing != "" {
		f.t.problem("requests of gRPC in flight: the types of %s are not as they are known", grpcPath)
		return
	}
	m := f.t.memory
	read := func(stream uint64) (find, bool) { return h.find(m, stream) }
	if _, ok := f.add(grpcPath+".(*Server).handleStream", servingFunc{read: read}); !ok {
		return
	}
	f.closures = append(f.closures, read)
	f.add(grpcPath+".(*Server).processUnaryRPC", servingFunc{read: func(stream uint64) (find, bool) {
		found, ok := h.find(m, stream)
		found.only, found.request.Kind, found.request.URL = kindOnly, "unary", methodName(found.request.URL)
		return found, ok
	}})
	for _, name := range []string{".(*Server).processStreamingRPC", ".(*Server).processRPC"} { // the latter from 1.85 on, for both
		f.add(grpcPath+name, servingFunc{read: func(desc uint64) (find, bool) { return h.kind(f, desc) }})
	}
}

func grpcTypesOf(f *fieldFinder) (h grpcTypes) {
	h.http2, h.handler = f.address("*"+transportPath+".http2Server"), f.address("*"+transportPath+".serverHandlerTransport")
	if h.http2 == 0 && h.handler == 0 {
		f.lacks("transports")
	}
	server, common := &fieldFinder{file: f.file}, f.structNamed(transportPath+".Stream")
	if t := server.structNamed(transportPath + ".ServerStream"); server.missing == "" {
		h.transport = f.must(t, "st", kindInterface)
		if h.common, h.behind = f.offset(t, "Stream", kindPointer); !h.behind {
			h.common = f.must(t, "Stream", kindStruct)
		}
	} else {
		h.transport = f.must(common, "st", kindInterface)
	}
	h.method, h.ctx = f.must(common, "method", kindString), f.must(common, "ctx", kindInterface)
	h.id, h.state = f.must(common, "id", kindUint32), f.must(common, "state", kindUint32)
	if h.handler != 0 {
		h.handlerRequest = f.must(f.structNamed(transportPath+".serverHandlerTransport"), "req", kindPointer)
		h.http = f.requestTypesOf("net/http.Request")
	}
	desc := f.structNamed(grpcPath + ".StreamDesc")
	h.descName = f.must(desc, "StreamName", kindString)
	h.descHandler = f.must(desc, "Handler", kindFunc)
	h.descServer, h.descClient = f.must(desc, "ServerStreams", kindBool), f.must(desc, "ClientStreams", kindBool)
	h.contexts = contextTypesOf(&fieldFinder{file: f.file, bias: f.bias})
	return h
}

// find reads the call of a stream, if there is one of a server at an address.
func (h *grpcTypes) find(m *cache, stream uint64) (found find, ok bool) {
	typ, transport := m.dynamic(stream + h.transport)
	if typ == 0 || typ != h.http2 && typ != h.handler || !pointer(transport) {
		return found, false
	}
	common := stream + h.common
	if h.behind {
		if common = m.word(common); !pointer(common) {
			return found, false
		}
	}
	state := m.half(common + h.state)
	if ctx, _ := m.dynamic(common + h.ctx); state > streamDone || !h.contexts.isType(ctx) {
		return found, false
	}
	method, ok := m.text(common+h.method, maxURL)
	if !ok || method == "" {
		return found, false
	}
	deadline, cancelled := h.contexts.read(m, common+h.ctx)
	found = find{object: stream, over: state == streamDone || cancelled}
	found.request = Request{
		Via: ViaGRPC, Protocol: GRPC, Method: "POST", URL: method, Deadline: deadline, StreamClosed: found.over,
		Connection: hex(transport),
	}
	if typ == h.http2 {
		found.request.Stream = m.half(common + h.id)
		return found, true
	}
	// The request of HTTP that it came as tells more.
	http := find{}
	if request := m.word(transport + h.handlerRequest); pointer(request) && h.http.read(m, request, &http) {
		found.header, found.request.Host, found.request.Remote = http.header, http.request.Host, http.request.Remote
	}
	return found, true
}

// kind reads the description of a method.
func (h *grpcTypes) kind(f *requestFinder, desc uint64) (found find, ok bool) {
	m := f.t.memory
	if !f.isFunc(m.word(desc + h.descHandler)) {
		return found, false
	}
	server, client := m.byteAt(desc+h.descServer), m.byteAt(desc+h.descClient)
	name, ok := m.text(desc+h.descName, maxURL)
	if !ok || name == "" || server > 1 || client > 1 {
		return found, false
	}
	kinds := [2][2]string{{"unary", "client stream"}, {"server stream", "bidirectional stream"}}
	return find{object: desc, only: kindOnly, request: Request{URL: name, Kind: kinds[server][client]}}, true
}

// isFunc reports whether a word is a value of a function: it points to where the
// address of code stands.
func (f *requestFinder) isFunc(word uint64) bool {
	p := f.t.im.Program
	from, to := p.File.Text()
	code := f.t.memory.word(word)
	return pointer(word) && code >= from+p.Bias && code < to+p.Bias
}

// contextTypes are what is known of contexts.
type contextTypes struct {
	from, to      uint64 // types of the program, in memory
	cancel, timer uint64 // addresses of the types *context.cancelCtx and *context.timerCtx; 0 for none
	err           uint64 // of cancelCtx: why it was cancelled
	within        uint64 // of timerCtx: the cancelCtx
	deadline      uint64 // of timerCtx
	wall, ext     uint64 // of time.Time
	parents       map[uint64]uint64
	fields        *fieldFinder
}

func contextTypesOf(f *fieldFinder) contextTypes {
	c := contextTypes{parents: make(map[uint64]uint64), fields: f}
	c.from, c.to = f.file.Types()
	c.from, c.to = c.from+f.bias, c.to+f.bias
	cancel, timer, of := f.structNamed("context.cancelCtx"), f.structNamed("context.timerCtx"), f.structNamed("time.Time")
	c.err = f.must(cancel, "err", kindInterface) // in an atomic.Value from Go 1.25 on
	c.within, c.deadline = f.must(timer, "cancelCtx", kindStruct), f.must(timer, "deadline", kindStruct)
	c.wall, c.ext = f.must(of, "wall", kindUint64), f.must(of, "ext", kindInt64)
	if f.missing == "" {
		c.cancel, c.timer = f.address("*context.cancelCtx"), f.address("*context.timerCtx")
	}
	return c
}

// isType reports whether an address is one where the program describes types.
func (c *contextTypes) isType(addr uint64) bool { return addr >= c.from && addr < c.to && addr != 0 }

// maxContexts bounds how many contexts within one another are followed.
const maxContexts = 64

// read reads the context in the interface at an address: its deadline, zero when it
// has none or that is not known, and whether it was cancelled. The innermost
// deadline counts: it is the earliest (context/context.go, WithDeadlineCause).
func (c *contextTypes) read(m *cache, at uint64) (deadline time.Time, cancelled bool) {
	if c.timer == 0 || c.cancel == 0 {
		return deadline, false
	}
	for range maxContexts {
		typ, data := m.dynamic(at)
		if !c.isType(typ) || !pointer(data) {
			break
		}
		switch {
		case typ == c.cancel:
			cancelled = cancelled || m.word(data+c.err) != 0
		case typ == c.timer:
			cancelled = cancelled || m.word(data+c.within+c.err) != 0
			return timeOf(m.word(data+c.deadline+c.wall), m.word(data+c.deadline+c.ext)), cancelled
		}
		within, ok := c.parent(typ)
		if !ok {
			break
		}
		at = data + within
	}
	return deadline, cancelled
}

// noParent is for contexts that do not embed another one.
const noParent = ^uint64(0)

// parent returns where a context of a type has the one that it embeds.
func (c *contextTypes) parent(typ uint64) (offset uint64, ok bool) {
	offset, known := c.parents[typ]
	if !known {
		if offset = noParent; len(c.parents) < maxRequests {
			if found, ok := c.embedded(typ - c.fields.bias); ok {
				offset = found
			}
			c.parents[typ] = offset
		}
	}
	return offset, offset != noParent
}

// embedded looks for the context that a type embeds, or what it embeds does.
func (c *contextTypes) embedded(typ uint64) (offset uint64, ok bool) {
	t, err := c.fields.file.TypeAt(typ)
	if err != nil || t.Kind == kindPointer && t.Elem == 0 {
		return 0, false
	}
	if t.Kind == kindPointer {
		if t, err = c.fields.file.TypeAt(t.Elem); err != nil {
			return 0, false
		}
	}
	for range 4 {
		for _, field := range t.Fields {
			if field.Name == "Context" && field.Embedded {
				return offset + field.Offset, true
			}
		}
		if len(t.Fields) == 0 || !t.Fields[0].Embedded {
			return 0, false
		}
		offset += t.Fields[0].Offset
		if t, err = c.fields.file.TypeAt(t.Fields[0].Type); err != nil || t.Kind != kindStruct {
			return 0, false
		}
	}
	return 0, false
}

// timeOf is the time of the two words of a time.Time (time/time.go, Time): either
// seconds since 1885 and nanoseconds in one word, or seconds since the year 1 in
// the other. Times before 1970 and beyond 2500 are none.
func timeOf(wall, ext uint64) time.Time {
	const (
		hasMonotonic = 1 << 63
		nanoseconds  = 1<<30 - 1
		year1        = 62135596800 // seconds before 1970
		year1885     = 2682288000
		year2500     = 16725225600
	)
	seconds := int64(ext) - year1
	if wall&hasMonotonic != 0 {
		seconds = int64(wall<<1>>31) - year1885
	}
	if seconds <= 0 || seconds > year2500 || wall&nanoseconds >= 1e9 {
		return time.Time{}
	}
	return time.Unix(seconds, int64(wall&nanoseconds)).UTC()
}
