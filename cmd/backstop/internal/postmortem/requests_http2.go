package postmortem

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// The packages that serve HTTP/2: it is part of net/http, until Go 1.26 with a
// prefix to all names (net/http/h2_bundle.go), then as a package of its own. The
// module golang.org/x/net has the same under its own names.
var http2Packages = []struct{ path, prefix string }{
	{"net/http", "http2"},
	{"net/http/internal/http2", ""},
	{"golang.org/x/net/http2", ""},
}

// http2Types is where such a package keeps what we want to know.
//
// The goroutine that serves a request is in runHandler, and has the responseWriter
// in its frame. That points to a responseWriterState, until the request is served.
// The state points to the connection and to the stream, which points to the same
// connection; its buffered writer writes to a chunkWriter of this very state.
type http2Types struct {
	requestTypes
	state                         uint64 // of responseWriter
	stream, conn, request, buffer uint64 // of responseWriterState
	within                        bool   // the request is in the state, not behind a pointer
	streamConn, id, streamState   uint64 // of stream
	writer                        uint64 // of bufio.Writer
	chunkWriter                   uint64 // address of the type, in memory

	queue              uint64 // of serverConn: requests beyond the limit of handlers
	queued, queuedSize uint64 // of and in an element of it
	hasQueue           bool
}

// maxVain bounds how many elements of queues are looked at in vain. Servers end a
// connection whose queue is four times as long as their limit (scheduleHandler).
const maxVain = 1 << 16

// streamClosed is stateClosed of the package http2.
const streamClosed = 4

func (f *requestFinder) addHTTP2() {
	for _, p := range http2Packages {
		if f.has(p.path + ".(*" + p.prefix + "serverConn).runHandler") {
			f.addHTTP2Package(p.path, p.prefix)
		}
	}
}

func (f *requestFinder) addHTTP2Package(path, prefix string) {
	fields := f.t.fields()
	h := http2TypesOf(fields, path+"."+prefix)
	if fields.missing != "" {
		f.t.problem("requests of HTTP/2 in flight: the types of %s are not as they are known", path)
		return
	}
	read := func(writer uint64) (find, bool) { return h.find(f.t.memory, writer) }
	if _, ok := f.add(path+".(*"+prefix+"serverConn).runHandler", servingFunc{clears: true, read: read}); !ok {
		return
	}
	// A request of HTTP/1 may have become a connection of HTTP/2, which is served
	// in place of it.
	f.add(path+".(*"+prefix+"serverConn).serve", servingFunc{})
	f.closures = append(f.closures, read)
	if h.hasQueue {
		f.queues = append(f.queues, func(found []*serving) []Request { return h.waiting(f.t.memory, found) })
	}
}

func http2TypesOf(f *fieldFinder, prefix string) (h http2Types) {
	h.state = f.must(f.structNamed(prefix+"responseWriter"), "rws", kindPointer)
	state, stream := f.structNamed(prefix+"responseWriterState"), f.structNamed(prefix+"stream")
	h.stream, h.conn = f.must(state, "stream", kindPointer), f.must(state, "conn", kindPointer)
	h.buffer = f.must(state, "bw", kindPointer)
	h.writer = f.must(f.structNamed("bufio.Writer"), "wr", kindInterface)
	h.streamConn, h.id = f.must(stream, "sc", kindPointer), f.must(stream, "id", kindUint32)
	h.streamState = f.must(stream, "state", kindInt)
	if h.chunkWriter = f.address(prefix + "chunkWriter"); h.chunkWriter == 0 {
		f.lacks(prefix + "chunkWriter")
	}
	name := "net/http.Request"
	if h.request, h.within = f.offset(state, "req", kindStruct); h.within {
		name = prefix + "ServerRequest"
	} else {
		h.request = f.must(state, "req", kindPointer)
	}
	h.requestTypes = f.requestTypesOf(name)
	h.hasQueue = h.queueOf(f, prefix)
	return h
}

// queueOf finds the queue of requests, which came with Go 1.21.1 and
// golang.org/x/net 0.17.
func (h *http2Types) queueOf(f *fieldFinder, prefix string) bool {
	of, err := f.file.TypeNamed(prefix + "unstartedHandler")
	if err != nil {
		return false
	}
	conn, err := f.file.TypeNamed(prefix + "serverConn")
	if err != nil {
		return false
	}
	var has, hasWriter bool
	h.queue, has = f.offset(conn, "unstartedHandlers", kindSlice)
	h.queued, hasWriter = f.offset(of, "rw", kindPointer)
	h.queuedSize = of.Size
	return has && hasWriter
}

// find reads the request of a responseWriter, if there is one at an address.
func (h *http2Types) find(m *cache, writer uint64) (found find, ok bool) {
	state := m.word(writer + h.state)
	if !pointer(state) {
		return found, false
	}
	conn, stream, buffer := m.word(state+h.conn), m.word(state+h.stream), m.word(state+h.buffer)
	if !pointer(conn) || !pointer(stream) || !pointer(buffer) || m.word(stream+h.streamConn) != conn {
		return found, false
	}
	if typ, data := m.dynamic(buffer + h.writer); typ != h.chunkWriter || data != state {
		return found, false
	}
	request := state + h.request
	if !h.within {
		if request = m.word(request); !pointer(request) {
			return found, false
		}
	}
	found = find{object: stream, over: m.word(stream+h.streamState) == streamClosed}
	found.request = Request{
		Via: ViaHTTP, Protocol: HTTP2, StreamClosed: found.over,
		Connection: hex(conn), Stream: m.half(stream + h.id),
	}
	return found, h.read(m, request, &found)
}

// waiting returns the requests for which the connections that are known have not
// yet started a goroutine.
func (h *http2Types) waiting(m *cache, found []*serving) (all []Request) {
	conns := make(map[string]bool)
	for _, s := range found {
		for i := range s.spots {
			for j := range s.spots[i].finds {
				if r := &s.spots[i].finds[j].request; r.Protocol == HTTP2 {
					conns[r.Connection] = true
				}
			}
		}
	}
	vain := 0
	for _, conn := range slices.Sorted(maps.Keys(conns)) {
		at := unhex(conn)
		array, n := m.word(at+h.queue), m.word(at+h.queue+8)
		if !pointer(array) || h.queuedSize == 0 {
			continue
		}
		for i := uint64(0); i < min(n, maxRequests) && len(all) < maxRequests && vain < maxVain; i++ {
			writer := m.word(array + i*h.queuedSize + h.queued)
			f, ok := h.find(m, writer)
			if !ok || f.over || f.request.Connection != conn {
				vain++
				continue
			}
			f.request.Queued = true
			all = append(all, f.request)
		}
	}
	return all
}

// methodName is what stands behind the last slash of a method of gRPC.
func methodName(method string) string { return method[strings.LastIndexByte(method, '/')+1:] }

// byteAt reads a byte, 0 where there is none.
func (c *cache) byteAt(addr uint64) byte {
	var b [1]byte
	if n, _ := c.ReadAt(b[:], int64(addr&(1<<63-1))); n < 1 {
		return 0
	}
	return b[0]
}

// half reads a word of 32 bits, 0 where there is none.
func (c *cache) half(addr uint64) uint32 {
	var b [4]byte
	if n, _ := c.ReadAt(b[:], int64(addr&(1<<63-1))); n < len(b) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[:])
}
