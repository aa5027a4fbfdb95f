package backstop

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Point marks a place where a fault can be planned:
//
//	func (g *Gateway) Charge(ctx context.Context, cents int64) error {
//		backstop.Point("checkout.charge")
//		...
//
// Nothing happens there unless the environment variable BACKSTOP_POINTS arms it,
// and then it panics with a [*PointError], once or as often as that says. It is
// how `backstop lab compat` finds out whether a panic in that place still arrives
// with its request, release and environment. Names are constants in words and
// dots; the same name may stand in several places.
//
// A point that is not armed costs one load and one branch, less than a
// nanosecond. BACKSTOP_POINTS is read at the first point that is passed, and never
// in a program with more rights than who started it (set-user-ID):
//
//	BACKSTOP_POINTS = TERM { ";" TERM }
//	TERM            = NAME "=" [ COUNT "*" ] "panic" [ "(" TEXT ")" ]
//
// NAME may be *, which stands for each point that has no term of its own. COUNT,
// 1 by default, is how many times each point panics before it is quiet again. TEXT
// ends at the first closing parenthesis.
//
//	BACKSTOP_POINTS='checkout.charge=2*panic(card gone);mail.send=panic'
//
// Who gets the grammar wrong arms nothing, and is told so on standard error, once:
// a fault that was asked for and does not come must not go unnoticed.
//
// Where BACKSTOP_POINTS_FILE names a file, every pass of every point adds a line to
// it, before anything panics:
//
//	checkout.charge hits=3 fired=1 pid=4711 goroutines=12 trace=0af7651916cd43dd8448eb211c80319c
//
// which counts the passes of this process and how many of them panicked. The
// trace id of the request is there when the goroutine serves one that has one.
// After 10,000 passes a point adds a line only when it panics, or when the number
// of its passes has doubled: a busy one is not to fill the disk.
//
// In the monitor, whatever runs before [Start] runs again, points included.
func Point(name string) {
	if pointing.Load() != pointsOff {
		pass(nil, name) //nolint:staticcheck // the goroutine tells the request
	}
}

// PointCtx is [Point] for a goroutine that works for a request which only ctx
// knows of.
func PointCtx(ctx context.Context, name string) {
	if pointing.Load() != pointsOff {
		pass(ctx, name)
	}
}

// A PointError is the value of a planned panic.
type PointError struct {
	Point string // its name
	Text  string // as BACKSTOP_POINTS has it; may be empty
}

func (e *PointError) Error() string {
	s := "planned panic at " + e.Point
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

// What is known of the environment, in pointing.
const (
	pointsUnread uint32 = iota
	pointsOff
	pointsOn
)

var (
	pointing atomic.Uint32
	points   pointBook
)

// maxPoints bounds the memory for names: a program that makes them up on the way
// is not to grow by it.
const maxPoints = 1000

// maxLines is how many passes of a point are written down, all of them.
const maxLines = 10_000

// A pointBook counts, once somebody wants it.
type pointBook struct {
	mu     sync.Mutex
	terms  map[string]pointTerm
	counts map[string]*pointCount
	file   *os.File // nil: nobody wants to know
}

type pointTerm struct {
	times uint64
	text  string
}

type pointCount struct{ hits, fired uint64 }

// pass counts a point that is passed, and panics if it is armed.
//
//go:noinline // it would come with every point
func pass(ctx context.Context, name string) {
	if e := points.due(ctx, name); e != nil {
		panic(e)
	}
}

// due counts, and returns what to panic with. No fault of ours leaves it.
func (b *pointBook) due(ctx context.Context, name string) (e *PointError) {
	defer func() {
		if recover() != nil {
			e = nil
		}
	}()
	checkFault("point")
	trace := pointTrace(ctx) // asks a context of theirs, which may pass points
	b.mu.Lock()
	defer b.mu.Unlock()
	if pointing.Load() == pointsUnread {
		b.read()
	}
	if pointing.Load() == pointsOff {
		return nil
	}
	c := b.counts[name]
	if c == nil {
		if len(b.counts) == maxPoints {
			return nil
		}
		c = new(pointCount)
		b.counts[name] = c
	}
	c.hits++
	t, ok := b.terms[name]
	if !ok {
		t = b.terms["*"]
	}
	if c.fired < t.times {
		c.fired++
		e = &PointError{name, t.text}
	}
	if e != nil || c.hits <= maxLines || c.hits&(c.hits-1) == 0 {
		b.tell(name, c, trace)
	}
	return e
}

// read is called once.
func (b *pointBook) read() {
	spec, path := getenv("BACKSTOP_POINTS"), getenv("BACKSTOP_POINTS_FILE")
	terms, err := parsePoints(spec)
	if err != nil {
		os.Stderr.WriteString("backstop: BACKSTOP_POINTS: " + err.Error() + ": no point is armed\n") //nolint:errcheck // nobody else to tell
	}
	if path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			os.Stderr.WriteString("backstop: BACKSTOP_POINTS_FILE: " + err.Error() + "\n") //nolint:errcheck // as above
		} else {
			b.file = f
		}
	}
	if len(terms) == 0 && b.file == nil {
		pointing.Store(pointsOff)
		return
	}
	b.terms, b.counts = terms, make(map[string]*pointCount)
	pointing.Store(pointsOn)
}

// tell writes a line in one piece, so that processes may share the file.
func (b *pointBook) tell(name string, c *pointCount, trace string) {
	if b.file == nil {
		return
	}
	line := name +
		" hits=" + strconv.FormatUint(c.hits, 10) +
		" fired=" + strconv.FormatUint(c.fired, 10) +
		" pid=" + strconv.Itoa(os.Getpid()) +
		" goroutines=" + strconv.Itoa(runtime.NumGoroutine())
	if trace != "" {
		line += " trace=" + trace
	}
	b.file.WriteString(line + "\n") //nolint:errcheck // who reads the file sees what is missing
}

// pointTrace is the trace id of the request that a point is passed in.
func pointTrace(ctx context.Context) string {
	defer func() { recover() }() //backstop:ignore recover-swallow a context of theirs, at fault
	var i requestInfo
	i.find(ctx, false)
	return traceID(i.Traceparent)
}

var errPointTerm = errors.New("want NAME=panic, NAME=2*panic or NAME=panic(text), with semicolons between them")

// parsePoints reads the value of BACKSTOP_POINTS, all of it or nothing.
func parsePoints(spec string) (map[string]pointTerm, error) {
	terms := make(map[string]pointTerm)
	for rest := strings.TrimSpace(spec); rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, " \t\n;") {
			return nil, errPointTerm
		}
		var t pointTerm
		if t, rest, ok = parseTerm(strings.TrimSpace(after)); !ok {
			return nil, errPointTerm
		}
		terms[name] = t
	}
	return terms, nil
}

// parseTerm reads what follows the equals sign, and the semicolon behind it.
func parseTerm(s string) (t pointTerm, rest string, ok bool) {
	t.times = 1
	if digits := len(s) - len(strings.TrimLeft(s, "0123456789")); digits > 0 {
		n, err := strconv.ParseUint(s[:digits], 10, 64)
		if err != nil || !strings.HasPrefix(s[digits:], "*") {
			return t, "", false
		}
		t.times, s = n, s[digits+1:]
	}
	if s, ok = strings.CutPrefix(s, "panic"); !ok {
		return t, "", false
	}
	if text, found := strings.CutPrefix(s, "("); found {
		if t.text, s, ok = strings.Cut(text, ")"); !ok {
			return t, "", false
		}
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return t, "", true
	}
	rest, ok = strings.CutPrefix(s, ";")
	return t, strings.TrimSpace(rest), ok
}
