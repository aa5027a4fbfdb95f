package event

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
)

// A FieldError says what is wrong with which field of an event.
type FieldError struct {
	Field   string // as in JSON, dotted: "request.url"
	Problem string // "is missing"
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Problem }

// ErrSyntax is wrapped by what Decode returns for text that is not JSON at all.
var ErrSyntax = errors.New("not a JSON object")

// Decode reads one event as it came over the wire, checks it, and brings it
// within the limits below. What cannot be an event is a *FieldError or wraps
// [ErrSyntax]. What only is too long is cut, and the report's Truncated says
// so; control characters are replaced. Fields that this version does not know
// are ignored, so that newer senders can talk to older collectors.
//
// Only service is required. A missing event_id is made up, which means that a
// retry of such an event counts again. OccurredAt stays zero when it is
// missing: only the receiver knows the time.
func Decode(data []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(data, &e); err != nil {
		return Event{}, decodeError(err)
	}
	if err := e.check(); err != nil {
		return Event{}, err
	}
	e.bound()
	return e, nil
}

const notATime = "is not a time as in RFC 3339"

func decodeError(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		if wrongType.Field == "" {
			return fmt.Errorf("%w: it is a JSON %s", ErrSyntax, wrongType.Value)
		}
		if wrongType.Field == "occurred_at" { // from Go 1.27; before, it is the time's own error
			return &FieldError{"occurred_at", notATime}
		}
		return &FieldError{wrongType.Field, "cannot be a JSON " + wrongType.Value}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w: %w at byte %d", ErrSyntax, syntax, syntax.Offset)
	}
	var parse *time.ParseError
	if errors.As(err, &parse) || strings.Contains(err.Error(), "Time.UnmarshalJSON") {
		return &FieldError{"occurred_at", notATime}
	}
	return fmt.Errorf("%w: %w", ErrSyntax, err)
}

// check finds what makes an event unacceptable, and puts the id into its one
// form.
func (e *Event) check() error {
	if e.ID == "" {
		e.ID = NewID()
	}
	id := strings.ToLower(strings.ReplaceAll(e.ID, "-", ""))
	if b, err := hex.DecodeString(id); err != nil || len(b) != 16 {
		return &FieldError{"event_id", "is not 32 hexadecimal digits"}
	}
	e.ID = id
	e.ReportedAt = nil
	e.Service = line(e.Service, maxName)
	if e.Service == "" {
		return &FieldError{"service", "is missing"}
	}
	if e.Class != "" && !validClass(string(e.Class)) {
		return &FieldError{"class", "is not dotted lower-case words such as panic.nil_map"}
	}
	if e.Report == nil && e.Class == "" && e.Message == nil && e.Exit == nil && e.Text == "" && len(e.TextGzip) == 0 && e.Captured == nil {
		return &FieldError{"report", "is missing, and so are class, message, exit and text: nothing says what happened"}
	}
	if e.Report != nil && e.Report.Class != "" && !validClass(string(e.Report.Class)) {
		return &FieldError{"report.class", "is not dotted lower-case words such as panic.nil_map"}
	}
	if e.Process.PID < 0 {
		return &FieldError{"process.pid", "is negative"}
	}
	return nil
}

// validClass accepts what a class of a later version may look like.
func validClass(s string) bool {
	if len(s) > 64 || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// Check does for a hello what Decode does for an event.
func (h *Hello) Check() error {
	h.Service = line(h.Service, maxName)
	h.Release = line(h.Release, maxRelease)
	h.Environment = line(h.Environment, maxName)
	h.Instance = line(h.Instance, maxRelease)
	h.Build.bound()
	if h.Service == "" {
		return &FieldError{"service", "is missing"}
	}
	return nil
}

// Limits of what an event carries. Bytes where nothing else is said.
const (
	maxName      = 128 // service, environment
	maxRelease   = 200 // release, instance, and other short labels
	maxURL       = 2 << 10
	maxMessage   = 16 << 10
	maxValue     = 16 << 10
	maxFunc      = 1 << 10 // function and file names
	maxFrames    = 1000    // of one goroutine; the runtime prints 100
	maxProblems  = 100
	maxAncestors = 100
	maxPanics    = 100
	maxSeen      = 8 // observers

	// MaxGoroutines is how many goroutines of a report are kept, the crashing
	// one among them. GoroutineCount tells how many there were.
	MaxGoroutines = 5000
)

// bound cuts what is too long and cleans what people and logs will read.
func (e *Event) bound() {
	e.Release = line(e.Release, maxRelease)
	e.Environment = line(e.Environment, maxName)
	e.Instance = line(e.Instance, maxRelease)
	if e.Message != nil {
		m := text(*e.Message, maxMessage)
		e.Message = &m
	}
	e.PanicValue = text(e.PanicValue, maxValue)
	e.StackHash = line(e.StackHash, maxName)
	e.Process.BootID = line(e.Process.BootID, maxName)
	e.Process.Host = line(e.Process.Host, maxRelease)
	e.Build.bound()
	if r := e.Request; r != nil {
		r.bound()
	}
	e.boundInFlight()
	if e.Exit != nil {
		e.Exit.Signal = line(e.Exit.Signal, 32)
		e.Exit.By = Killer(Observer(e.Exit.By).word())
	}
	if len(e.Observers) > maxSeen {
		e.Observers = e.Observers[:maxSeen]
	}
	for i := range e.Observers {
		e.Observers[i] = e.Observers[i].word()
	}
	e.Observers = slices.DeleteFunc(union(e.Observers, nil), func(o Observer) bool { return o == "" })
	if len(e.Observers) == 0 {
		e.Observers = []Observer{} // "[]" and not "null" in JSON
	}
	cut := false
	if len(e.Text) > MaxText {
		e.Text, cut = CutText([]byte(e.Text))
	}
	if e.Report != nil {
		cut = boundReport(e.Report) || cut
		e.Report.Truncated = e.Report.Truncated || cut
	}
}

// word keeps of an observer's name what a word is made of.
func (o Observer) word() Observer {
	return Observer(ellipsis(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return -1
	}, strings.ToLower(string(o))), 32))
}

func (b *Build) bound() {
	for _, s := range []*string{&b.GoVersion, &b.OS, &b.Arch, &b.Module, &b.Revision} {
		*s = line(*s, maxRelease)
	}
}

// bound keeps the promise that the query of a URL stays in the process, also
// for senders that forgot.
func (r *Request) bound() {
	if i := strings.IndexAny(r.URL, "?#"); i >= 0 {
		r.URL = r.URL[:i]
	}
	r.URL = line(r.URL, maxURL)
	r.Route = line(r.Route, maxURL)
	r.Method = line(r.Method, 32)
	r.TraceID = line(r.TraceID, maxRelease)
	r.RequestID = line(r.RequestID, maxRelease)
	r.Via = Via(Observer(r.Via).word())
}

func boundReport(r *crash.Report) (cut bool) {
	r.Message = text(r.Message, maxMessage)
	r.GoVersion = line(r.GoVersion, maxRelease)
	for _, s := range []*string{&r.Signal.Name, &r.Signal.Code, &r.Signal.Addr, &r.Signal.PC} {
		*s = line(*s, 64)
	}
	r.GoroutineCount = max(r.GoroutineCount, 0)
	if len(r.Panics) > maxPanics {
		r.Panics, cut = r.Panics[:maxPanics], true
	}
	for i := range r.Panics {
		r.Panics[i].Message = text(r.Panics[i].Message, maxMessage)
	}
	if len(r.Problems) > maxProblems {
		r.Problems, cut = r.Problems[:maxProblems], true
	}
	for i := range r.Problems {
		r.Problems[i].Code = line(r.Problems[i].Code, 64)
		r.Problems[i].Text = text(r.Problems[i].Text, maxRelease)
	}
	if len(r.Goroutines) > MaxGoroutines {
		// UnmarshalJSON puts the crashing goroutine first, so it stays.
		r.GoroutineCount = max(r.GoroutineCount, len(r.Goroutines))
		r.Goroutines, cut = r.Goroutines[:MaxGoroutines], true
	}
	for i := range r.Goroutines {
		g := &r.Goroutines[i]
		g.State = line(g.State, maxRelease)
		var short bool
		g.Frames, short = boundFrames(g.Frames)
		cut = cut || short
		boundCreatedBy(g.CreatedBy)
		if len(g.Ancestors) > maxAncestors {
			g.Ancestors, cut = g.Ancestors[:maxAncestors], true
		}
		for j := range g.Ancestors {
			a := &g.Ancestors[j]
			a.Frames, short = boundFrames(a.Frames)
			cut = cut || short
			boundCreatedBy(a.CreatedBy)
		}
	}
	var a, b bool
	r.RuntimeStack, a = boundFrames(r.RuntimeStack)
	r.Loose, b = boundFrames(r.Loose)
	return cut || a || b
}

func boundCreatedBy(c *crash.CreatedBy) {
	if c != nil {
		c.Func, c.File = line(c.Func, maxFunc), line(c.File, maxFunc)
	}
}

// boundFrames may meet the same frames many times: goroutines that were folded
// on the wire share them. Cleaning a clean name costs a scan and no copy.
func boundFrames(frames []crash.Frame) (kept []crash.Frame, cut bool) {
	if len(frames) > maxFrames {
		frames, cut = frames[:maxFrames], true
	}
	for i := range frames {
		f := &frames[i]
		f.Func, f.File = line(f.Func, maxFunc), line(f.File, maxFunc)
	}
	return frames, cut
}

// line cleans a string that stands on one line: no control characters, no
// surrounding space, at most limit bytes.
func line(s string, limit int) string {
	s = strings.TrimSpace(s)
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= ' ' && s[i] < 0x7f
	}
	if !clean {
		s = strings.Map(func(r rune) rune {
			if isControl(r) {
				return '\uFFFD'
			}
			return r
		}, s)
	}
	return ellipsis(s, limit)
}

// text cleans a string of several lines: newlines and tabs stay.
func text(s string, limit int) string {
	if strings.ContainsFunc(s, isControlInText) {
		s = strings.Map(func(r rune) rune {
			if isControlInText(r) {
				return '\uFFFD'
			}
			return r
		}, s)
	}
	return ellipsis(s, limit)
}

// isControl finds characters that act on a terminal or on the direction of the
// text around them instead of showing something.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func isControlInText(r rune) bool { return r != '\n' && r != '\t' && isControl(r) }

func ellipsis(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const dots = "..."
	return strings.ToValidUTF8(s[:limit-len(dots)], "") + dots
}
