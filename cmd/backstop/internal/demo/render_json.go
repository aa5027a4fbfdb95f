package demo

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// lines is the view for programs: JSON Lines, one object for each row and one
// for the summary, told apart by "type".
type lines struct {
	enc  *json.Encoder
	base string
}

func newLines(w io.Writer) *lines { return &lines{enc: json.NewEncoder(w)} }

type jsonRow struct {
	Type      string           `json:"type"` // "row"
	Bug       string           `json:"bug"`
	Title     string           `json:"title"`
	Release   string           `json:"release"`
	Request   string           `json:"request"`
	TraceID   string           `json:"trace_id"`
	PID       int              `json:"pid"`
	Exit      string           `json:"exit"`
	Expected  crash.Class      `json:"expected_class"` // "" for what must not be reported
	Class     crash.Class      `json:"class"`
	Observers []event.Observer `json:"observers"`
	Events    []string         `json:"event_ids"`
	Issue     string           `json:"issue"`
	VisibleMS *float64         `json:"death_to_visible_ms"`
	OK        bool             `json:"ok"`
	Wrong     []string         `json:"wrong"`
}

type jsonSummary struct {
	Type       string        `json:"type"` // "summary"
	URL        string        `json:"url"`
	Triggered  int           `json:"triggered"`
	Delivered  int           `json:"delivered"`
	Duplicates int           `json:"duplicates"`
	Quiet      []string      `json:"not_reported"`
	Classes    []crash.Class `json:"classes"`
	Events     int           `json:"events"`
	Issues     int           `json:"issues"`
	MedianMS   float64       `json:"death_to_visible_median_ms"`
	MaxMS      float64       `json:"death_to_visible_max_ms"`
	OK         bool          `json:"ok"`
	Failures   []string      `json:"failures"`
}

func (l *lines) start(base string) { l.base = base }
func (l *lines) section(string)    {}
func (l *lines) note(string)       {}

func (l *lines) row(times []verdict) {
	for i := range times {
		l.write(l.makeRow(&times[i]))
	}
}

func (l *lines) makeRow(v *verdict) jsonRow {
	st := v.shot.step
	row := jsonRow{
		Type: "row", Bug: st.bug, Title: st.title, Release: v.shot.release, Request: v.shot.request(),
		TraceID: v.shot.trace, PID: v.shot.pid, Exit: v.shot.exit, Expected: st.class,
		Observers: []event.Observer{}, Events: []string{}, OK: v.ok(), Wrong: append([]string{}, v.wrong...),
	}
	for i, s := range v.found {
		row.Events = append(row.Events, s.eventID)
		if i == 0 {
			ms := float64(s.delay(v.shot).Microseconds()) / 1000
			row.Class, row.VisibleMS = s.class, &ms
			row.Observers = append(row.Observers, s.observers...)
			row.Issue = fmt.Sprintf("%s/issues/%d", l.base, s.issue)
		}
	}
	return row
}

func (l *lines) summary(s *summary) {
	out := jsonSummary{
		Type: "summary", URL: l.base, Triggered: s.crashes, Delivered: s.delivered, Duplicates: s.duplicates,
		Quiet: []string{}, Classes: append([]crash.Class{}, s.classes...), Events: s.events, Issues: s.issues,
		MedianMS: float64(s.median.Microseconds()) / 1000, MaxMS: float64(s.longest.Microseconds()) / 1000,
		OK: len(s.failures) == 0, Failures: append([]string{}, s.failures...),
	}
	for _, v := range s.quiet {
		if len(v.found) == 0 {
			out.Quiet = append(out.Quiet, v.shot.step.bug)
		}
	}
	l.write(out)
}

// write cannot fail on the value; a reader that went away is noticed by the
// command's own exit.
func (l *lines) write(v any) { _ = l.enc.Encode(v) }
