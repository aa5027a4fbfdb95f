package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/host"
)

// A jsonSink writes one object a line, as design and reference promise.
type jsonSink struct{ encoder *json.Encoder }

func newJSONSink(w io.Writer) jsonSink {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return jsonSink{encoder}
}

func (s jsonSink) show(_ string, r *crash.Report) error { return s.encoder.Encode(r) }
func (s jsonSink) finish([]found) error                 { return nil }

// A textSink explains each crash.
type textSink struct {
	w       io.Writer
	style   textview.Options
	several bool   // inputs: each report says where it is from
	last    string // input of the report before
	shown   int
}

func (s *textSink) show(input string, r *crash.Report) error {
	var b bytes.Buffer
	if rule := s.rule(input); rule != "" {
		b.WriteString(rule)
	}
	s.shown++
	s.last = input
	if err := textview.Write(&b, r, s.style); err != nil {
		return err
	}
	_, err := s.w.Write(b.Bytes()) // at once, so that nothing gets between
	return err
}

// rule is the line between two reports, and before the first one of a file.
func (s *textSink) rule(input string) string {
	const width = 72
	line := strings.Repeat("-", width)
	if s.several && input != s.last {
		name := "--- " + textview.Escape(input) + " "
		line = name + strings.Repeat("-", max(width-len([]rune(name)), 3))
	}
	switch {
	case s.shown > 0:
		return "\n" + line + "\n\n"
	case s.several:
		return line + "\n\n"
	}
	return ""
}

// finish says what was in each of several inputs.
func (s *textSink) finish(inputs []found) error {
	if !s.several || s.shown == 0 {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "\n%s\n\n", strings.Repeat("-", 72))
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i := range inputs {
		fmt.Fprintf(tw, "%s\t%s\n", textview.Escape(inputs[i].name), inputs[i].summary())
	}
	tw.Flush()
	_, err := s.w.Write(b.Bytes())
	return err
}

// summary says on one line what an input held.
func (f *found) summary() string {
	text := "no crash"
	if f.crashes > 0 {
		text = count(f.crashes, "crash", "crashes")
		if f.crashes > 1 {
			text += " of " + count(len(f.issues), "issue", "issues")
		}
		if f.recovered > 0 {
			text += fmt.Sprintf(", %d recovered", f.recovered)
		}
	}
	if f.err != nil {
		text += ", not read to its end"
	}
	return text
}

// A summarySink counts crashes by issue.
type summarySink struct {
	w      io.Writer
	style  textview.Options
	issues map[string]*issueCount // by tolerant fingerprint
	order  []*issueCount          // as they were met
}

// An issueCount is what one line of a summary says.
type issueCount struct {
	fingerprint string
	class       crash.Class
	fn, file    string // of the first application frame, or the message where there is none
	line        int
	count       int
	recovered   int
}

func (s *summarySink) show(_ string, r *crash.Report) error {
	key := r.Fingerprints.Tolerant
	c := s.issues[key]
	if c == nil {
		c = newIssueCount(r)
		if s.issues == nil {
			s.issues = make(map[string]*issueCount)
		}
		s.issues[c.fingerprint] = c
		s.order = append(s.order, c)
	}
	c.count++
	if r.Recovered {
		c.recovered++
	}
	return nil
}

// newIssueCount copies what it keeps: texts of a report share memory with the
// rest of it.
func newIssueCount(r *crash.Report) *issueCount {
	c := &issueCount{fingerprint: strings.Clone(r.Fingerprints.Tolerant), class: r.Class}
	f := r.FirstAppFrame()
	if f == nil {
		if stack := r.CrashStack(); len(stack) > 0 {
			f = &stack[0]
		}
	}
	if f != nil {
		c.fn, c.file, c.line = strings.Clone(f.Func), strings.Clone(f.File), f.Line
	} else {
		first, _, _ := strings.Cut(r.Message, "\n")
		c.fn = strings.Clone(first[:min(len(first), 200)])
	}
	return c
}

// finish prints the issues, the most frequent first.
func (s *summarySink) finish([]found) error {
	if len(s.order) == 0 {
		return nil
	}
	slices.SortStableFunc(s.order, func(a, b *issueCount) int { return cmp.Compare(b.count, a.count) })
	var b bytes.Buffer
	crashes := 0
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "COUNT\tISSUE\tCLASS\tWHERE\n")
	for _, c := range s.order {
		crashes += c.count
		class := textview.Escape(string(c.class))
		switch c.recovered {
		case 0:
		case c.count:
			class += " (recovered)"
		default:
			class += fmt.Sprintf(" (%d recovered)", c.recovered)
		}
		where := textview.Escape(c.fn)
		if c.file != "" {
			where += fmt.Sprintf("  %s:%d", textview.Escape(outline.SplitFile(c.file).Base), c.line)
		}
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\n", c.count, c.fingerprint, class, where)
	}
	tw.Flush()
	fmt.Fprintf(&b, "%s of %s\n", count(crashes, "crash", "crashes"), count(len(s.order), "issue", "issues"))
	_, err := s.w.Write(b.Bytes())
	return err
}

// How much one page holds. A log may hold thousands of crashes of one bug.
const (
	maxPageCrashes  = 100
	maxPagePerIssue = 5
)

// An htmlSink writes one page when all was read.
type htmlSink struct {
	file   string // "-" is out
	out    io.Writer
	notes  io.Writer // told where the page is; nil tells nobody
	names  []string
	source func(*crash.Frame, int) *source.Excerpt

	crashes []htmlview.Crash
	issues  map[string]int
	left    int
}

func (s *htmlSink) show(input string, r *crash.Report) error {
	key := r.Fingerprints.Tolerant
	if len(s.crashes) >= maxPageCrashes || s.issues[key] >= maxPagePerIssue {
		s.left++
		return nil
	}
	if s.issues == nil {
		s.issues = make(map[string]int)
	}
	s.issues[key]++
	c := htmlview.Crash{Report: r}
	if len(s.names) > 1 {
		c.From = input
	}
	s.crashes = append(s.crashes, c)
	return nil
}

func (s *htmlSink) finish([]found) error {
	if len(s.crashes) == 0 {
		return nil
	}
	o := htmlview.Options{Source: s.source, Left: s.left}
	if v := host.Release(); v != "unknown" {
		o.Version = v
	}
	for _, name := range s.names {
		o.From = append(o.From, inputName(name))
	}
	var b bytes.Buffer
	if err := htmlview.Write(&b, s.crashes, o); err != nil {
		return err
	}
	if s.file == "-" {
		_, err := s.out.Write(b.Bytes())
		return err
	}
	if err := os.WriteFile(s.file, b.Bytes(), 0o644); err != nil {
		return err
	}
	if s.notes != nil {
		fmt.Fprintf(s.notes, "backstop: %s in %s\n", count(len(s.crashes), "crash", "crashes"), s.file)
	}
	return nil
}
