package postmortem

import (
	"time"
)

// httpServe serves a connection of HTTP/1.
const httpServe = "net/http.(*conn).serve"

// httpTypes is where net/http keeps what we want to know of HTTP/1.
type httpTypes struct {
	requestTypes
	curReq, curState, remote uint64 // of conn
	hasState                 bool
	conn, request            uint64 // of response
}

// httpTypesOf finds the types of net/http. What is missing is named for a program
// whose net/http is another one.
func httpTypesOf(f *fieldFinder) (h httpTypes) {
	conn, response := f.structNamed("net/http.conn"), f.structNamed("net/http.response")
	h.requestTypes = f.requestTypesOf("net/http.Request")
	h.curReq = f.must(conn, "curReq", kindUnsafe)
	h.remote = f.must(conn, "remoteAddr", kindString)
	h.curState, h.hasState = f.offset(conn, "curState", kindUint64)
	h.conn, h.request = f.must(response, "conn", kindPointer), f.must(response, "req", kindPointer)
	return h
}

// addHTTP adds the server of HTTP/1 in net/http, and the multiplexer there, which
// knows the pattern of a request of either version.
//
// Each connection is served by a goroutine in net/http.(*conn).serve, whose
// receiver is in its frame. A word is the connection when it points to one: its
// curReq is a response that points back to it.
func (f *requestFinder) addHTTP() {
	if !f.has(httpServe) {
		return
	}
	fields := f.t.fields()
	h := httpTypesOf(fields)
	if fields.missing != "" {
		f.t.problem("requests in flight: the types of net/http are not as they are known")
		return
	}
	m := f.t.memory
	f.add(httpServe, servingFunc{clears: true, read: func(conn uint64) (find, bool) { return h.find(m, conn) }})
	if h.hasRoute {
		f.add("net/http.(*ServeMux).ServeHTTP", servingFunc{read: func(request uint64) (find, bool) { return h.routed(m, request) }})
	}
}

// find reads the request that a connection serves, if it does.
func (h *httpTypes) find(m *cache, conn uint64) (found find, ok bool) {
	response := m.word(conn + h.curReq)
	if !pointer(response) || m.word(response+h.conn) != conn {
		return found, false
	}
	request := m.word(response + h.request)
	if request == 0 {
		return found, false
	}
	found = find{object: response, request: Request{Via: ViaHTTP, Protocol: HTTP1}}
	if !h.read(m, request, &found) {
		return found, false
	}
	var remoteOK bool
	if found.request.Remote, remoteOK = m.text(conn+h.remote, 64); !remoteOK {
		return found, false
	}
	if found.request.Method == "PRI" && found.request.URL == "*" {
		return found, false // how a connection of HTTP/2 begins
	}
	if h.hasState {
		found.request.StartedAt = started(m.word(conn + h.curState))
	}
	return found, true
}

// routed reads the pattern of a request in the frame of a multiplexer.
func (h *httpTypes) routed(m *cache, request uint64) (found find, ok bool) {
	header := m.word(request + h.header)
	if !pointer(header) || m.word(request+h.route+8) == 0 {
		return found, false
	}
	found = find{object: request, only: routeOnly}
	return found, h.read(m, request, &found) && found.request.Route != ""
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
