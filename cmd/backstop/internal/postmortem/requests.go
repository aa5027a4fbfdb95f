package postmortem

import (
	"encoding/binary"
	"slices"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/event"
)

// How much is read of requests.
const (
	maxRequests = 10_000
	maxURL      = 2048
	maxHost     = 256
	// maxServeFrame bounds the frame of a function that serves requests, which has
	// some hundred bytes.
	maxServeFrame = 16 << 10
	// maxIdle is how many frames are looked at in vain at one call until it is
	// taken for one where none has a request, such as where a server waits for the
	// next one.
	maxIdle = 256
	// learned is how many frames are looked through at one call until the place
	// that led to a request most often is tried first.
	learned = 16
	// maxInFrame and maxSpots bound what one frame, and one stack, is believed to
	// have of requests. One of each is real; others were left by earlier calls.
	maxInFrame = 4
	maxSpots   = 64
)

// A servingFunc is a function whose frame leads to the request that is served.
//
// Which word of its frame does differs by release, so all are tried. What it leads
// to is known by the types of the executable and by pointers that lead back.
// Chance does not do that; what was left on the stack by calls that have returned
// does, so that frames are found again by unwinding before they count.
type servingFunc struct {
	from, to uint64 // its code, in memory
	// read reads what a word leads to. A servingFunc without it serves a
	// connection, and no request, in the goroutine that calls it.
	read func(word uint64) (find, bool)
	// clears says that a request that has been served is not found any more: the
	// server takes it away.
	clears bool
	calls  map[uint64]*serveCall
}

// A find is what a word led to.
type find struct {
	request Request
	// object is the address of what stands for the request in the server.
	object uint64
	// header is that of the http.Request: the same for all copies that the handlers
	// of a program make of one, and for no other request.
	header uint64
	// over says that the stream of the request is closed.
	over bool
	// only is set when the find does not make a request, but says more of one.
	only detail
}

// A detail is what a find tells of a request that another one found.
type detail uint8

const (
	wholeRequest detail = iota
	routeOnly           // request.Route
	kindOnly            // request.Kind, of the method whose name is request.URL
)

// A serveCall is what is known of a call in a servingFunc, by its return address.
type serveCall struct {
	size  int         // of the frame, and of what lies above it; 0 when it is not known
	votes map[int]int // how often each place in it led to a request
	best  int         // the place that did most often
	seen  int         // frames that had a request
	vain  int         // frames that had none
}

// A spot is a frame of a servingFunc on a stack, or what looks like one.
type spot struct {
	f     *servingFunc
	call  *serveCall
	pc    uint64
	sp    uint64
	finds []find
	at    []int // where in the frame each was found
}

// A serving goroutine is one with frames of servingFuncs.
type serving struct {
	g     *takenG
	spots []spot // innermost first
	// begins is what a goroutine that has not begun will serve.
	begins *find
}

// A requestFinder finds the requests that unmodified servers serve.
type requestFinder struct {
	t     *taken
	funcs []*servingFunc
	// closures read what the closure of a goroutine that has not begun leads to.
	closures []func(word uint64) (find, bool)
	// queues read the requests that wait for a goroutine.
	queues []func(found []*serving) []Request
	lo, hi uint64 // all code of funcs
}

// takeRequests reads what may be requests. Which of it is in flight is decided by
// settle, when the process runs again.
func (t *taken) takeRequests() {
	f := &requestFinder{t: t, lo: ^uint64(0)}
	f.addHTTP()
	f.addHTTP2()
	f.addGRPC()
	if len(f.funcs) == 0 {
		return
	}
	for _, g := range t.gs {
		if g.System {
			continue
		}
		s := f.look(g)
		switch {
		case s == nil:
		case len(t.serving) >= maxRequests:
			t.more++
		default:
			t.serving = append(t.serving, s)
		}
	}
	for _, queue := range f.queues {
		t.requests = append(t.requests, queue(t.serving)...)
	}
}

// prepare reads of an executable what looking for requests needs, so that a process
// need not stand meanwhile: the index of functions and, for a server, that of types.
func prepare(p *goproc.Program) {
	f := &requestFinder{t: &taken{im: &Image{Program: p}}}
	if f.has(httpServe) || f.has(grpcServe) {
		_, _ = p.File.TypeNamed("net/http.Request") // what is wrong is found again
	}
}

// add adds a function by its name; it is not ok for one that the program does not
// have.
func (f *requestFinder) add(name string, s servingFunc) (added *servingFunc, ok bool) {
	p := f.t.im.Program
	funcs, err := p.File.Lookup(name)
	if err != nil {
		return nil, false
	}
	for _, fn := range funcs {
		if fn.Inlined || fn.Wrapper || fn.Entry >= fn.End {
			continue
		}
		s.from, s.to, s.calls = fn.Entry+p.Bias, fn.End+p.Bias, make(map[uint64]*serveCall)
		f.funcs = append(f.funcs, &s)
		f.lo, f.hi = min(f.lo, s.from), max(f.hi, s.to)
		return &s, true
	}
	return nil, false
}

// has reports whether the program has a function, be it inlined.
func (f *requestFinder) has(name string) bool {
	funcs, err := f.t.im.Program.File.Lookup(name)
	return err == nil && len(funcs) > 0
}

// of returns the function that an address in memory belongs to, nil for others.
// Where a call returns to is never the first instruction.
func (f *requestFinder) of(pc uint64) *servingFunc {
	if pc <= f.lo || pc >= f.hi {
		return nil
	}
	for _, s := range f.funcs {
		if pc > s.from && pc < s.to {
			return s
		}
	}
	return nil
}

// look looks for frames of servingFuncs on a stack; nil when there are none that
// lead anywhere.
func (f *requestFinder) look(g *takenG) *serving {
	s := &serving{g: g}
	if g.Closure != 0 {
		if s.begins = f.closure(g.Closure); s.begins == nil {
			return nil
		}
		return s
	}
	if of := f.of(g.regs.PC); of != nil {
		f.frame(s, of, &g.stack, 0, g.regs.PC)
	}
	for _, stack := range []*piece{&g.stack, &g.tail} {
		for at := 0; at+8 <= len(stack.bytes) && len(s.spots) < maxSpots; at += 8 {
			pc := binary.LittleEndian.Uint64(stack.bytes[at:])
			if of := f.of(pc); of != nil {
				f.frame(s, of, stack, at+8, pc)
			}
		}
	}
	if len(s.spots) == 0 {
		return nil
	}
	return s
}

// closure looks at what a closure captured.
func (f *requestFinder) closure(addr uint64) *find {
	const captured = 8 // words, more than any of these captures
	for i := range uint64(captured) {
		word := f.t.memory.word(addr + 8*(i+1))
		if !pointer(word) {
			continue
		}
		for _, read := range f.closures {
			if found, ok := read(word); ok && !found.over {
				return &found
			}
		}
	}
	return nil
}

// pointer tells words that can be addresses of variables.
func pointer(word uint64) bool { return word != 0 && word%8 == 0 && word < 1<<47 }

// frame looks at the frame that begins at a place of a copied stack. Behind it is
// room for the arguments that came in registers (the Go ABI, abi-internal.md,
// "spill space").
func (f *requestFinder) frame(s *serving, of *servingFunc, stack *piece, at int, pc uint64) {
	c := f.call(of, pc)
	if c.size == 0 || c.seen == 0 && c.vain >= maxIdle {
		return
	}
	here := spot{f: of, call: c, pc: pc, sp: stack.addr + uint64(at)}
	if of.read == nil {
		s.spots = append(s.spots, here)
		return
	}
	end := min(at+c.size, len(stack.bytes))
	try := func(word int) {
		v := binary.LittleEndian.Uint64(stack.bytes[word:])
		if !pointer(v) || v >= s.g.StackLo && v < s.g.StackHi {
			return
		}
		found, ok := of.read(v)
		if !ok || slices.ContainsFunc(here.finds, func(f find) bool { return f.object == found.object }) {
			return
		}
		here.finds, here.at = append(here.finds, found), append(here.at, word-at)
	}
	if c.seen >= learned && at+c.best+8 <= end {
		try(at + c.best)
	}
	if len(here.finds) == 0 || here.finds[0].over {
		for word := at; word+8 <= end && len(here.finds) < maxInFrame; word += 8 {
			try(word)
		}
	}
	if len(here.finds) == 0 {
		c.vain++
		return
	}
	c.seen++
	for _, at := range here.at {
		if c.votes[at]++; c.votes[at] > c.votes[c.best] {
			c.best = at
		}
	}
	s.spots = append(s.spots, here)
}

// call looks up a call by its return address.
func (f *requestFinder) call(of *servingFunc, pc uint64) *serveCall {
	c := of.calls[pc]
	if c == nil {
		c = &serveCall{votes: make(map[int]int)}
		of.calls[pc] = c
		const spill = 8 * 8
		site, err := f.t.im.Program.File.Site(pc - f.t.im.Program.Bias)
		if err == nil && site.Frame && site.SPDelta > 0 && site.SPDelta <= maxServeFrame {
			c.size = site.SPDelta + 8 + spill
		}
	}
	return c
}

// settle decides which requests are in flight. Nothing is read from the process
// any more.
func (t *taken) settle(u *goproc.Unwinder) []Request {
	type served struct {
		*find
		votes int
		g     *takenG
	}
	all := make([]served, 0, len(t.serving))
	by := make(map[uint64]int) // by object
	grpc := make(map[uint64]bool)
	for _, s := range t.serving {
		found, votes := s.begins, 0
		if found == nil {
			found, votes = s.settle(u)
		}
		if found == nil {
			continue
		}
		found.request.Goroutine = int64(s.g.ID)
		// One request is served by one goroutine.
		if at, ok := by[found.object]; ok {
			if votes > all[at].votes {
				all[at] = served{found, votes, s.g}
			}
			continue
		}
		by[found.object] = len(all)
		all = append(all, served{found, votes, s.g})
		if found.request.Via == ViaGRPC && found.header != 0 {
			grpc[found.header] = true
		}
	}
	requests := make([]Request, 0, len(all)+len(t.requests))
	for _, s := range all {
		// gRPC through net/http serves in a goroutine of its own what another one
		// was given as a request of HTTP.
		if s.request.Via != ViaGRPC && grpc[s.header] {
			continue
		}
		requests = append(requests, s.request)
	}
	return withQueued(requests, t.requests)
}

// withQueued adds the requests that wait for a goroutine. A server that has just
// started one takes the request out of its queue only then.
func withQueued(requests, queued []Request) []Request {
	type stream struct {
		connection string
		id         uint32
	}
	served := make(map[stream]bool, len(requests))
	for i := range requests {
		served[stream{requests[i].Connection, requests[i].Stream}] = true
	}
	for i := range queued {
		if !served[stream{queued[i].Connection, queued[i].Stream}] {
			requests = append(requests, queued[i])
		}
	}
	return requests
}

// settle decides what a goroutine serves: nil for nothing, and how often the place
// where it was found was right.
func (s *serving) settle(u *goproc.Unwinder) (found *find, votes int) {
	real, reached, whole := s.frames(u)
	var kinds []find
	for i := range s.spots {
		p := &s.spots[i]
		unseen := !whole && p.sp > reached
		if !real[i] && !unseen {
			continue
		}
		if p.f.read == nil {
			if real[i] && found == nil {
				return nil, 0
			}
			continue
		}
		switch f, n := p.choose(); {
		case f.only == kindOnly:
			kinds = append(kinds, p.finds...)
		case f.only == wholeRequest && found == nil && (real[i] || p.f.clears || !f.over):
			found, votes = f, n
		}
	}
	if found == nil {
		return nil, 0
	}
	for i := range kinds {
		if found.request.Via == ViaGRPC && methodName(found.request.URL) == kinds[i].request.URL {
			found.request.Kind = kinds[i].request.Kind
			break
		}
	}
	if found.request.Route == "" {
		found.request.Route = s.route(found.header)
	}
	return found, votes
}

// frames says which spots are frames of the stack, how far it could be unwound,
// and whether that was all of it.
func (s *serving) frames(u *goproc.Unwinder) (real []bool, reached uint64, whole bool) {
	real = make([]bool, len(s.spots))
	why := u.Walk(&s.g.stack, s.g.regs, nil, func(f *goproc.Frame) bool {
		reached = f.SP
		for i := range s.spots {
			if s.spots[i].sp == f.SP && s.spots[i].pc == f.PC {
				real[i] = true
			}
		}
		return true
	})
	return real, reached, why == "" && !s.g.cut
}

// choose picks what a frame really holds: what was found where most frames have
// it, and what is still going on rather than what is over.
func (p *spot) choose() (f *find, votes int) {
	best := 0
	for i := range p.finds {
		a, b := &p.finds[i], &p.finds[best]
		va, vb := p.call.votes[p.at[i]], p.call.votes[p.at[best]]
		if b.over && !a.over || b.over == a.over && va > vb {
			best = i
		}
	}
	return &p.finds[best], p.call.votes[p.at[best]]
}

// route returns the pattern that a multiplexer found for a request, "" when it is
// not known.
func (s *serving) route(header uint64) string {
	for i := range s.spots {
		for j := range s.spots[i].finds {
			if f := &s.spots[i].finds[j]; f.only == routeOnly && f.header == header && header != 0 {
				return f.request.Route
			}
		}
	}
	return ""
}

// requestTypes is where a request of HTTP keeps what we want to know, from the
// type tables of the executable: they are there without symbols too.
type requestTypes struct {
	method, host, uri, url, header, remote, route uint64
	hasRoute                                      bool   // from Go 1.23 on
	path                                          uint64 // of net/url.URL
}

// requestTypesOf finds the fields of a request in a type.
func (f *fieldFinder) requestTypesOf(name string) (r requestTypes) {
	request, url := f.structNamed(name), f.structNamed("net/url.URL")
	r.method, r.host = f.must(request, "Method", kindString), f.must(request, "Host", kindString)
	r.uri, r.url = f.must(request, "RequestURI", kindString), f.must(request, "URL", kindPointer)
	r.header, r.remote = f.must(request, "Header", kindMap), f.must(request, "RemoteAddr", kindString)
	r.route, r.hasRoute = f.offset(request, "Pattern", kindString)
	r.path = f.must(url, "Path", kindString)
	return r
}

// read reads a request at an address. It is not ok when its texts are not there.
func (h *requestTypes) read(m *cache, request uint64, found *find) bool {
	var methodOK, uriOK, hostOK, remoteOK bool
	r := &found.request
	r.Method, methodOK = m.text(request+h.method, event.MaxMethod)
	r.URL, uriOK = m.text(request+h.uri, maxURL)
	r.Host, hostOK = m.text(request+h.host, maxHost)
	r.Remote, remoteOK = m.text(request+h.remote, 64)
	if !methodOK || !uriOK || !hostOK || !remoteOK {
		return false
	}
	if r.URL == "" {
		if url := m.word(request + h.url); url != 0 {
			r.URL, _ = m.text(url+h.path, maxURL) // a handler may have taken it away
		}
	}
	if h.hasRoute {
		r.Route, _ = m.text(request+h.route, event.MaxRoute) // as above
	}
	found.header = m.word(request + h.header)
	return true
}
