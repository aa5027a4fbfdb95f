package event

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/errs"
)

// Evidence is an event as a program sends it: what was seen, and nothing that
// has to be concluded. Its JSON is that of an [Event], which the collector makes
// of it with [Interpret]; programs that only send do not carry the parser, nor
// the report and its codec.
type Evidence struct {
	ID         string      `json:"event_id"`
	Class      crash.Class `json:"class,omitempty"`
	Message    *string     `json:"message,omitempty"`
	OccurredAt time.Time   `json:"occurred_at"`

	Service     string `json:"service"`
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Instance    string `json:"instance"`

	Request       *Request   `json:"request,omitempty"`
	Exit          *Exit      `json:"exit,omitempty"`
	InFlight      []InFlight `json:"in_flight,omitempty"`
	InFlightCount int        `json:"in_flight_count,omitempty"`

	Observers   []Observer `json:"observers"`
	PanicValue  string     `json:"panic_value,omitempty"`
	Process     Process    `json:"process"`
	GoroutineID int64      `json:"goroutine_id,omitempty"`
	Build       Build      `json:"build"`

	Captured *Captured `json:"captured,omitempty"`
	Text     string    `json:"text,omitempty"`
	TextGzip []byte    `json:"text_gzip,omitempty"`
	TextCut  bool      `json:"text_cut,omitempty"`
	Memory   []Memory  `json:"memory,omitempty"`

	TableGzip []byte `json:"table_gzip,omitempty"`
}

// Captured is a panic as a guard has it.
type Captured struct {
	Message   string  `json:"message"`
	Recovered bool    `json:"recovered"` // the process goes on
	Frames    []Frame `json:"frames"`    // innermost call first
}

// A Frame is one call of a captured stack.
type Frame struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// Hello announces whoever has seen it.
//
//go:noinline // for the size of programs
func (e *Evidence) Hello() *Hello {
	return &Hello{Service: e.Service, Release: e.Release, Environment: e.Environment, Instance: e.Instance, Build: e.Build}
}

// Encode writes the evidence as one line of JSON, of less than MaxEncoded bytes
// if the text was set by SetText.
func (e *Evidence) Encode() ([]byte, error) {
	data, err := json.Marshal(e)
	return data, errs.In("encode event", err)
}

// SetText attaches a traceback of any size for the receiver to interpret: as it
// is, or compressed. What does not fit loses its end, and the event says so;
// the cause and the crashing goroutine stand at the head.
func (e *Evidence) SetText(text []byte) error {
	if len(text) <= maxPlain {
		e.Text = string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
		return nil
	}
	for n := min(len(text), maxUnpacked); ; n /= 2 {
		packed, err := Pack(text[:n])
		if err != nil {
			return err
		}
		if len(packed) <= maxEvidence {
			e.TextGzip = packed
			e.TextCut = e.TextCut || n < len(text)
			return nil
		}
	}
}

// Pack compresses what travels in an event.
func Pack(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), errs.In("compress event", err)
}

// CapturedReport makes the report that the collector goes on with. It is a
// function and not a method, so that programs that only send do not carry it.
func CapturedReport(c *Captured, goVersion string, goroutine int64) *crash.Report {
	frames := make([]crash.Frame, len(c.Frames))
	for i, f := range c.Frames {
		frames[i] = crash.Frame{Func: f.Func, File: f.File, Line: f.Line}
	}
	return &crash.Report{
		Kind:           crash.KindPanic,
		Message:        c.Message,
		HasMessage:     true,
		Panics:         []crash.Panic{{Message: c.Message, Recovered: c.Recovered}},
		GoVersion:      goVersion,
		Goroutines:     []crash.Goroutine{{ID: goroutine, State: "running", Frames: frames}},
		GoroutineCount: 1,
		Recovered:      c.Recovered,
	}
}
