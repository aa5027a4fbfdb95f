package trace

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// The types of lines. Readers pass over those that they do not know.
const (
	lineTarget  = "target"  // an executable, and whether it is traced
	lineEvent   = "event"   // what happened
	lineSeen    = "seen"    // how often it happened at a site, more than events tell
	lineLost    = "lost"    // records that the kernel had no room for
	lineSummary = "summary" // the last line
)

// An Attachment says what became of an executable.
type Attachment struct {
	At        time.Time `json:"at"`
	Exe       string    `json:"exe"`
	GoVersion string    `json:"go_version,omitempty"`
	PID       int       `json:"pid"` // the first process that was seen to run it
	Attached  bool      `json:"attached"`
	Via       Way       `json:"via,omitempty"`     // "ptrace": this process alone is looked at, and not by probes
	Threads   int       `json:"threads,omitempty"` // of the process, when it is looked at by ptrace
	// Index is how long it took to read the executable, Attach to put probes.
	Index  time.Duration `json:"index_ns,omitempty"`
	Attach time.Duration `json:"attach_ns,omitempty"`
	Probes int           `json:"probes,omitempty"`
	Absent []string      `json:"absent,omitempty"` // functions that the program does not have, so that nothing calls them
	Reason string        `json:"reason,omitempty"` // why it is not traced
	Hint   string        `json:"hint,omitempty"`   // what to do about it
}

// A SeenLine says how often something happened at a site.
type SeenLine struct {
	Site string    `json:"site"`
	Seen uint64    `json:"seen"`
	Last time.Time `json:"last"`
}

// A LostLine says how many records were lost since the start.
type LostLine struct {
	At time.Time `json:"at"`
	Losses
}

// Losses are what the kernel could not keep.
type Losses struct {
	Ring       uint64 `json:"ring"`       // records that found no room; what they were about is counted
	Busy       uint64 `json:"busy"`       // events that found no buffer: not counted
	Places     uint64 `json:"places"`     // events at more places than are told apart: not counted by place
	Nested     uint64 `json:"nested"`     // panics nested deeper than is kept
	Unreadable uint64 `json:"unreadable"` // events of goroutines that could not be read: not counted
}

// uncounted are events that are in no count.
func (l Losses) uncounted() uint64 { return l.Busy + l.Unreadable }

// A Summary says how much there was.
type Summary struct {
	Start   time.Time     `json:"start"`
	For     time.Duration `json:"for_ns"`
	Targets int           `json:"targets"` // executables that were traced
	Refused int           `json:"refused"` // executables that could not be; by ptrace processes
	Via     Way           `json:"via,omitempty"`
	Sites   int           `json:"sites"`
	Shown   uint64        `json:"events"` // told one by one
	Tally
	Losses  Losses `json:"losses"`
	Damaged uint64 `json:"damaged,omitempty"` // records that made no sense
}

// A Writer writes lines of JSON.
type Writer struct {
	enc *json.Encoder
	err error
}

// NewWriter returns a Writer on w. It does not buffer: each line is a write, so
// that whoever reads along sees whole lines.
func NewWriter(w io.Writer) *Writer {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &Writer{enc: enc}
}

// Err returns the first error of a write. After it nothing more is written.
func (w *Writer) Err() error { return w.err }

func (w *Writer) line(v any) {
	if w.err != nil {
		return
	}
	if err := w.enc.Encode(v); err != nil {
		w.err = fmt.Errorf("write: %w", err)
	}
}

// Event writes an event.
func (w *Writer) Event(e *Event) {
	w.line(struct {
		Type string `json:"type"`
		*Event
	}{lineEvent, e})
}

// Target writes what became of an executable.
func (w *Writer) Target(a Attachment) {
	w.line(struct {
		Type string `json:"type"`
		Attachment
	}{lineTarget, a})
}

// Seen writes the count of a site.
func (w *Writer) Seen(s *Site) {
	w.line(struct {
		Type string `json:"type"`
		SeenLine
	}{lineSeen, SeenLine{s.ID, s.Seen, s.Last}})
}

// Lost writes how many records were lost.
func (w *Writer) Lost(l LostLine) {
	w.line(struct {
		Type string `json:"type"`
		LostLine
	}{lineLost, l})
}

// Summary writes the last line.
func (w *Writer) Summary(s Summary) {
	w.line(struct {
		Type string `json:"type"`
		Summary
	}{lineSummary, s})
}

// A Recording is what files of lines hold.
type Recording struct {
	Events []*Event
	// Sites say how often there was what, over all runs: events are limited where
	// the same happens again and again, counts are not.
	Sites     map[string]*SeenLine
	Summaries []Summary
	Cut       bool // a run has no last line: the tracer was killed, or still writes
	Unknown   int  // lines of types that are not known

	run   map[string]SeenLine // of the run that is being read
	whole map[string]bool     // sites and outcomes of which an event was read
}

// maxLine bounds a line, in bytes: an event has at most 512 frames.
const maxLine = 4 << 20

// NewRecording returns a recording of nothing.
func NewRecording() *Recording {
	return &Recording{Sites: make(map[string]*SeenLine), run: make(map[string]SeenLine)}
}

// Read adds the lines that a [Writer] wrote, of one run or of several. A line
// that was cut is passed over; any other that is no such line is an error
// with its number. What was read before an error stays.
func (rec *Recording) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var bad error
	n, good := 1, 0
	for ; lines.Scan(); n++ {
		if bad != nil {
			return bad
		}
		if err := rec.add(lines.Bytes()); err != nil {
			if cut(lines.Bytes(), err) && good > 0 { // an earlier run ended there
				rec.Cut = true
				rec.flush()
				continue
			}
			bad = fmt.Errorf("line %d: %w", n, err)
			continue
		}
		good++
	}
	if len(rec.run) > 0 {
		rec.Cut = true
		rec.flush()
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n, err)
	}
	if bad != nil && good == 0 {
		return bad
	}
	return nil
}

// cut reports whether a line is the beginning of one that a [Writer] writes: what a
// run leaves that is killed or finds no room.
func cut(line []byte, err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax) && syntax.Offset == int64(len(line)) && strings.HasPrefix(string(line), `{"type":"`)
}

// Add adds an event of a run that goes on.
func (rec *Recording) Add(e *Event) {
	rec.Events = append(rec.Events, e)
	rec.see(SeenLine{e.Site, e.Seen, e.At})
}

// slim leaves of an event what tells it from those before it of the same site, which
// have the same stack: recordings may be of many days.
func (rec *Recording) slim(e *Event) {
	key := e.Site + " " + string(e.Outcome)
	if rec.whole[key] {
		e.Frames, e.Before, e.Labels = nil, nil, nil
		if e.Value != nil {
			e.Value = &goproc.Value{Type: e.Value.Type}
		}
		return
	}
	if rec.whole == nil {
		rec.whole = make(map[string]bool)
	}
	rec.whole[key] = true
}

// See takes the count of a site of a run that goes on.
func (rec *Recording) See(s *Site) { rec.see(SeenLine{s.ID, s.Seen, s.Last}) }

func (rec *Recording) see(s SeenLine) {
	old := rec.run[s.Site]
	rec.run[s.Site] = SeenLine{s.Site, max(s.Seen, old.Seen), later(s.Last, old.Last)}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// flush ends a run: what happens from here on is counted anew.
func (rec *Recording) flush() {
	for id, s := range rec.run {
		all := rec.Sites[id]
		if all == nil {
			all = &SeenLine{Site: id}
			rec.Sites[id] = all
		}
		all.Seen += s.Seen
		all.Last = later(all.Last, s.Last)
	}
	clear(rec.run)
}

var errNoLine = errors.New("is no line that backstop trace -format json writes")

func (rec *Recording) add(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return err //nolint:wrapcheck // the caller adds the line
	}
	switch head.Type {
	case "":
		return errNoLine
	case lineEvent:
		e := new(Event)
		if err := json.Unmarshal(line, e); err != nil {
			return err //nolint:wrapcheck // as above
		}
		rec.slim(e)
		rec.Add(e)
	case lineSeen:
		var s SeenLine
		if err := json.Unmarshal(line, &s); err != nil {
			return err //nolint:wrapcheck // as above
		}
		rec.see(s)
	case lineSummary:
		var s Summary
		if err := json.Unmarshal(line, &s); err != nil {
			return err //nolint:wrapcheck // as above
		}
		rec.End(s)
	case lineLost, lineTarget:
	default:
		rec.Unknown++
	}
	return nil
}

// End ends a run.
func (rec *Recording) End(s Summary) {
	rec.Summaries = append(rec.Summaries, s)
	rec.flush()
}
