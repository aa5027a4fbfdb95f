package postmortem

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
)

func TestTimeOf(t *testing.T) {
	at := time.Date(2026, 11, 26, 12, 30, 15, 987654321, time.UTC)
	const year1, year1885 = 62135596800, 2682288000
	wall := uint64(at.Nanosecond())
	withClock := 1<<63 | uint64(at.Unix()+year1885)<<30 | wall
	for _, c := range []struct {
		name      string
		wall, ext uint64
		want      time.Time
	}{
		{"seconds since the year 1", wall, uint64(at.Unix() + year1), at},
		{"seconds since 1885", withClock, 12345, at},
		{"nothing", 0, 0, time.Time{}},
		{"before 1970", wall, 1000, time.Time{}},
		{"beyond all", wall, 1 << 62, time.Time{}},
		{"negative", wall, 1 << 63, time.Time{}},
		{"too many nanoseconds", 1<<30 - 1, uint64(at.Unix() + year1), time.Time{}},
	} {
		if got := timeOf(c.wall, c.ext); !got.Equal(c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// The oldest request comes first, by what is known of it.
func TestOlder(t *testing.T) {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	all := []Request{
		{URL: "queued", Queued: true, Stream: 9},
		{URL: "later", StartedAt: at.Add(time.Second), Goroutine: 1},
		{URL: "second", Goroutine: 30},
		{URL: "first", Goroutine: 20},
		{URL: "early", StartedAt: at, Goroutine: 40},
	}
	slices.SortStableFunc(all, older)
	var order []string
	for _, r := range all {
		order = append(order, r.URL)
	}
	if got := strings.Join(order, " "); got != "early later first second queued" {
		t.Error(got)
	}
}

// What the choice between several finds in one frame goes by.
func TestChoose(t *testing.T) {
	call := &serveCall{votes: map[int]int{8: 1, 16: 40, 24: 90}}
	p := spot{call: call, at: []int{8, 16, 24}, finds: []find{{object: 1}, {object: 2}, {object: 3, over: true}}}
	if f, votes := p.choose(); f.object != 2 || votes != 40 {
		t.Errorf("%+v, %d votes", f, votes)
	}
	for i := range p.finds {
		p.finds[i].over = true
	}
	if f, _ := p.choose(); f.object != 3 {
		t.Errorf("of streams that are closed %+v", f)
	}
}

// What is shown of requests, and which of them are suspicious.
func TestRequestsText(t *testing.T) {
	w := newWorld()
	waits := w.in(10, "select", "main.add", 5)
	waits.Wait = 45 * time.Second
	stream := w.in(11, "select", "main.watch", 6)
	stream.Wait = time.Hour
	late, more := w.in(12, "select", "main.late", 7), w.in(13, "select", "main.late", 7)
	s := w.snapshot(0, waits, stream, late, more, w.in(14, "IO wait", "main.read", 8))
	s.Requests = []Request{
		{Goroutine: 10, Method: "POST", URL: "/shop.Cart/Add", Protocol: GRPC, Kind: "unary", Via: ViaGRPC},
		{Goroutine: 11, Method: "POST", URL: "/shop.Cart/Watch", Protocol: GRPC, Kind: "server stream", Via: ViaGRPC, Deadline: s.TakenAt.Add(time.Minute)},
		{Goroutine: 12, Method: "GET", URL: "/cart\x1b[2J", Host: "shop", Protocol: HTTP2, Via: ViaHTTP, StreamClosed: true},
		{Goroutine: 13, Method: "GET", URL: "/cart\x1b[2J", Host: "shop", Protocol: HTTP2, Via: ViaHTTP, StreamClosed: true},
		{Method: "GET", URL: "/cart", Protocol: HTTP2, Via: ViaHTTP, Queued: true},
	}
	var text bytes.Buffer
	if err := WriteText(&text, s, textview.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"5 requests in flight",
		"POST /shop.Cart/Add  gRPC unary  for at least 45s\n        goroutine 10 [select]  main.add  /src/main.go:5\n",
		"POST /shop.Cart/Watch  gRPC server stream  for at least 60m00s  deadline in 1m00s\n",
		`GET /cart\x1b[2J  HTTP/2  host shop  2 of them  nobody waits for the answer any more` + "\n        goroutines 12 13 [select]  main.late",
		"GET /cart  HTTP/2  waits for others of its connection\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if f := s.Findings(); len(f) != 1 || f[0].Kind != "request" || !slices.Equal(f[0].Goroutines, []int64{10}) || f[0].Text != "a request has been served for 45s" {
		t.Errorf("%+v", f)
	}
	s.Requests[1].Deadline = s.TakenAt.Add(-time.Minute)
	if f := s.Findings(); len(f) != 1 || !slices.Equal(f[0].Goroutines, []int64{10, 11}) {
		t.Errorf("beyond the deadline: %+v", f)
	}
}

// What is alike is one line of a comparison, and one concern.
func TestDiffFolds(t *testing.T) {
	w := newWorld()
	var all, later []Goroutine
	var requests []Request
	for i := range int64(100) {
		g := w.in(100+i, "sync.Mutex.Lock", "main.handle", 5)
		g.WaitsFor = uint64(0xc000100000 + 64*i)
		all, later = append(all, g), append(later, again(g))
		requests = append(requests, Request{Goroutine: 100 + i, Method: "GET", URL: "/cart", Protocol: HTTP2, Via: ViaHTTP})
	}
	before, after := w.snapshot(0, all...), w.snapshot(time.Minute, later...)
	before.Requests, after.Requests = requests, append([]Request{
		{Goroutine: 1, Method: "POST", URL: "/shop.Cart/Watch", Protocol: GRPC, Kind: "server stream", Via: ViaGRPC},
	}, requests...)
	before.Requests = append([]Request{after.Requests[0]}, before.Requests...)
	d := Compare(before, after)
	var concerns []string
	for _, f := range d.Concerns {
		concerns = append(concerns, f.Text)
	}
	want := "100 goroutines wait for the same 100 locks as 1m00s before\n100 requests GET /cart are served since before the first snapshot"
	if got := strings.Join(concerns, "\n"); got != want {
		t.Errorf("concerns:\n%s", got)
	}
	var text bytes.Buffer
	if err := WriteDiff(&text, d, textview.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  100  [sync.Mutex.Lock]  main.handle  /src/main.go:5  in one wait\n",
		"GET /cart  HTTP/2  100 of them  goroutines 100 101 102 103 104 ...\n",
		"POST /shop.Cart/Watch  gRPC server stream  goroutine 1\n",
	} {
		if strings.Count(text.String(), want) != 1 {
			t.Errorf("not once %q in\n%s", want, text.String())
		}
	}
}

// A request that a server has started already, but still has in its queue, is one.
func TestWithQueued(t *testing.T) {
	served := []Request{{URL: "served", Connection: "0x10", Stream: 1, Goroutine: 7}, {URL: "of HTTP/1"}}
	queued := []Request{
		{URL: "served", Connection: "0x10", Stream: 1, Queued: true},
		{URL: "waits", Connection: "0x10", Stream: 3, Queued: true},
		{URL: "of another", Connection: "0x20", Stream: 1, Queued: true},
	}
	var got []string
	for _, r := range withTable(withQueued(served, queued), []Request{{URL: "of the table"}}) {
		got = append(got, r.URL)
	}
	if got := strings.Join(got, ", "); got != "served, of HTTP/1, waits, of another, of the table" {
		t.Error(got)
	}
}

// However long a stack is, its outermost part is copied: it tells what is served.
func TestOutermostPartOfStacks(t *testing.T) {
	const lo, hi = 0x10000, 0x20000
	memory := make([]byte, hi)
	for i := range memory {
		memory[i] = byte(i>>8 + i*7)
	}
	for _, used := range []uint64{8, minStackCopy, minStackCopy + 8, 6000, minStackCopy + tailSize, minStackCopy + tailSize + 8, hi - lo} {
		g := &takenG{regs: goproc.Registers{SP: hi - used}}
		g.StackLo, g.StackHi = lo, hi
		taken := &taken{im: &Image{Memory: bytes.NewReader(memory)}, gs: []*takenG{g}}
		taken.readStacks(minStackCopy)
		taken.copyTails()
		outermost := g.stack
		if g.cut {
			outermost = g.tail
		}
		want := memory[hi-min(used, tailSize):]
		if end := outermost.addr + uint64(len(outermost.bytes)); end != hi || !bytes.HasSuffix(outermost.bytes, want) ||
			!bytes.HasPrefix(memory[g.stack.addr:], g.stack.bytes) || g.cut != (used > minStackCopy+tailSize) {
			t.Errorf("%d bytes: %d were copied, and %d up to %#x; cut %v", used, len(g.stack.bytes), len(g.tail.bytes), end, g.cut)
		}
	}
}
