// Package ingest turns requests into events: it reads a body within limits,
// takes it apart, and checks each event by itself, so that one malformed event
// in a batch costs only that event. Start with [Decode]; [Normalise]
// then brings an event into the form that the later stages rely on. The package
// keeps nothing and knows no store.
package ingest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// Errors of a whole request. What is wrong with single events is [Rejected].
var (
	ErrTooLarge = errors.New("the body is too large")
	ErrEncoding = errors.New("the content encoding is not known")
	ErrEmpty    = errors.New("the body is empty")
	ErrBody     = errors.New("the body cannot be read")
)

// A Rejection says why one event of a body was not accepted.
type Rejection struct {
	Index int    `json:"index"` // position in the body, from 0
	Error string `json:"error"`
}

// Rejected lists the events of a body that were not accepted. It is an error
// that Decode returns beside the events that were.
type Rejected []Rejection

func (r Rejected) Error() string {
	if len(r) == 1 {
		return fmt.Sprintf("event %d: %s", r[0].Index, r[0].Error)
	}
	return fmt.Sprintf("%d events were rejected; event %d: %s", len(r), r[0].Index, r[0].Error)
}

// A Decoder reads bodies. Its zero value has the default limits.
type Decoder struct {
	MaxEvent  int // bytes of one event; 1 MiB when 0
	MaxBody   int // bytes of a body, compressed and decompressed; 16 MiB when 0
	MaxEvents int // events in one body; 10 000 when 0
}

func or(n, def int) int {
	if n > 0 {
		return n
	}
	return def
}

// Decode reads the events of a POST with the default limits; see
// [Decoder.Read] and [Decoder.Decode].
func Decode(r *http.Request) ([]event.Event, error) {
	var d Decoder
	body, err := d.Read(r, func(int) error { return nil })
	if err != nil {
		return nil, err
	}
	return d.Decode(body)
}

// Read returns the body of a request, decompressed when its Content-Encoding is
// gzip. It tells admit of each piece that it is about to keep, and gives up when
// that fails. Its errors wrap ErrTooLarge, ErrEncoding or ErrBody; the last also
// wraps what ended the reading.
func (d Decoder) Read(r *http.Request, admit func(bytes int) error) ([]byte, error) {
	limit := or(d.MaxBody, 16<<20)
	if r.ContentLength > int64(limit) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are taken", ErrTooLarge, r.ContentLength, limit)
	}
	var from io.Reader = r.Body
	switch enc := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		// The compressed size is limited too: gzip members may be empty, and
		// an endless row of them decompresses to nothing.
		gz, err := gzip.NewReader(io.LimitReader(r.Body, int64(limit)))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBody, err)
		}
		from = gz
	default:
		return nil, fmt.Errorf("%w: %q", ErrEncoding, enc)
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 && from == r.Body {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(&metered{io.LimitReader(from, int64(limit)+1), admit})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	}
	if n > int64(limit) {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	return buf.Bytes(), nil
}

// metered tells of what is read before it is given away.
type metered struct {
	io.Reader
	admit func(bytes int) error
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if n > 0 {
		if refused := m.admit(n); refused != nil {
			return 0, refused
		}
	}
	return n, err
}

// Decode takes a body apart: one JSON object, a JSON array of objects, or objects
// one after another (JSON Lines). The content type does not matter; clients get
// it wrong.
//
// The error is [Rejected] when some events were bad, and the good ones are
// returned beside it. Any other error means that there are none; it wraps
// ErrEmpty or ErrTooLarge.
func (d Decoder) Decode(body []byte) ([]event.Event, error) {
	rest := trim(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(rest) == 0 {
		return nil, ErrEmpty
	}
	s := splitter{rest: rest, limit: or(d.MaxEvent, 1<<20)}
	if rest[0] == '[' {
		s.array, s.rest = true, rest[1:]
	}
	var events []event.Event
	var rejected Rejected
	for index := 0; ; index++ {
		raw, ok := s.next()
		if !ok {
			break
		}
		if index >= or(d.MaxEvents, 10_000) {
			return nil, fmt.Errorf("%w: more than %d events", ErrTooLarge, or(d.MaxEvents, 10_000))
		}
		e, err := d.one(raw)
		if err == nil {
			events = append(events, e)
			continue
		}
		rejected = append(rejected, Rejection{index, err.Error()})
		if errors.Is(err, event.ErrSyntax) && !s.array {
			s.resync(raw)
		}
	}
	if len(events) == 0 && len(rejected) == 0 {
		return nil, ErrEmpty
	}
	if len(rejected) > 0 {
		return events, rejected
	}
	return events, nil
}

func (d Decoder) one(raw []byte) (event.Event, error) {
	if limit := or(d.MaxEvent, 1<<20); len(raw) > limit {
		return event.Event{}, fmt.Errorf("it has %d bytes, at most %d are taken", len(raw), limit)
	}
	return event.Decode(raw)
}

// A splitter cuts a body into JSON values without reading them: it counts
// brackets outside strings. Where the text is broken it goes on with the next
// line that begins with a brace, as every line of JSON Lines does.
type splitter struct {
	rest   []byte
	array  bool
	limit  int // of one value; a longer one is not looked through to its end
	wasted int // bytes that were looked at in vain
}

// maxWasted is how many bytes may be looked at in vain before the rest of a
// broken body is taken as one bad event: it must not cost its square.
const maxWasted = 16 << 20

func (s *splitter) next() ([]byte, bool) {
	s.rest = trim(s.rest)
	if s.array {
		if len(s.rest) > 0 && s.rest[0] == ',' {
			s.rest = trim(s.rest[1:])
		}
		if len(s.rest) > 0 && s.rest[0] == ']' {
			// Whatever follows the array is an event of its own, or broken.
			s.array, s.rest = false, trim(s.rest[1:])
		}
	}
	if len(s.rest) == 0 {
		return nil, false
	}
	n := s.end()
	raw := s.rest[:n]
	s.rest = s.rest[n:]
	return raw, true
}

// end finds where the value at the start of rest ends.
func (s *splitter) end() int {
	b := s.rest
	if b[0] != '{' && b[0] != '[' {
		return scalarEnd(b, s.array)
	}
	look := b
	if !s.array && len(look) > s.limit {
		look = look[:s.limit+1]
	}
	n, ends := balanced(look)
	if ends {
		return n
	}
	s.wasted += n
	if i := bytes.Index(b, nextLine); i >= 0 && s.wasted < maxWasted {
		return i + 1
	}
	return len(b)
}

var nextLine = []byte("\n{")

// resync goes back after raw turned out not to be JSON although its brackets
// match: it may have swallowed the lines behind it.
func (s *splitter) resync(raw []byte) {
	i := bytes.Index(raw, nextLine)
	s.wasted += len(raw)
	if i < 0 || s.wasted >= maxWasted {
		return
	}
	whole := raw[:len(raw)+len(s.rest)] // raw lies right before rest
	s.rest = whole[i+1:]
}

func trim(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// balanced returns the length of the object or array at the start of b, or how
// far it looked when it does not end. A line break within a string ends the
// search: JSON has none.
func balanced(b []byte) (n int, ends bool) {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString:
			switch c {
			case '\\':
				i++
			case '"':
				inString = false
			case '\n':
				return i, false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(b), false
}

// scalarEnd goes to the end of the line, in an array to the next comma or
// bracket.
func scalarEnd(b []byte, array bool) int {
	stop := "\n"
	if array {
		stop = ",]"
	}
	if i := bytes.IndexAny(b, stop); i > 0 {
		return i
	}
	return len(b)
}
