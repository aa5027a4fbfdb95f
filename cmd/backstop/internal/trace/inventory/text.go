package inventory

import (
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
)

// A Style says how to write an inventory. The zero value is plain text of any
// width, with the most frequent of each list.
type Style struct {
	Color bool
	Width int  // columns; 0: lines are as long as they are
	All   bool // all of each list
	Zone  *time.Location
}

// Most of each list that is shown.
const (
	mostRows    = 20
	mostPanics  = 8
	mostNotSeen = 30
)

// Text writes an inventory for a person.
func (inv *Inventory) Text(w io.Writer, st Style) error {
	if st.Zone == nil {
		st.Zone = time.Local
	}
	t := &table{st: st}
	t.head(inv)
	t.swallowers(inv)
	t.vain(inv)
	t.entries(inv)
	t.exits(inv)
	t.deaths(inv)
	t.notSeen(inv)
	_, err := io.WriteString(w, t.b.String())
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

type table struct {
	b  strings.Builder
	st Style
}

const (
	bold   = "1"
	dim    = "2"
	yellow = "33"
	cyan   = "36"
)

func (t *table) paint(style, s string) string {
	if !t.st.Color || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// line writes a line that begins with an indentation; what is too long loses its
// end.
func (t *table) line(indent int, style, text string) {
	text = textview.Escape(text)
	if t.st.Width > 0 {
		text = textview.Fit(text, max(t.st.Width-indent, 20))
	}
	t.b.WriteString(strings.Repeat(" ", indent) + t.paint(style, text) + "\n")
}

// row writes a count, what was counted, and a remark at the right where there is
// room.
func (t *table) row(indent int, n uint64, text, remark string) {
	count := fmt.Sprintf("%9s", trace.Thousands(n))
	text, remark = textview.Escape(text), textview.Escape(remark)
	used := indent + len(count) + 2
	if w := t.st.Width; w > 0 {
		room := w - used
		if textview.Columns(text)+textview.Columns(remark)+2 > room && room > 20 {
			// The remark gets a line of its own.
			t.b.WriteString(strings.Repeat(" ", indent) + t.paint(bold, count) + "  " + textview.Fit(text, room) + "\n")
			if remark != "" {
				t.line(used, dim, remark)
			}
			return
		}
	}
	if remark != "" {
		remark = "  " + t.paint(dim, remark)
	}
	t.b.WriteString(strings.Repeat(" ", indent) + t.paint(bold, count) + "  " + text + remark + "\n")
}

func (t *table) title(text, explanation string) {
	t.b.WriteString("\n" + t.paint(bold, text) + "\n")
	if explanation != "" {
		t.wrap(2, explanation)
	}
}

// wrap writes a sentence of ours on as many lines as it needs.
func (t *table) wrap(indent int, text string) {
	width := t.st.Width
	if width == 0 {
		width = 100
	}
	line := strings.Repeat(" ", indent)
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && len(line) > indent {
			t.b.WriteString(t.paint(dim, line) + "\n")
			line = strings.Repeat(" ", indent)
		}
		if len(line) > indent {
			line += " "
		}
		line += word
	}
	t.b.WriteString(t.paint(dim, line) + "\n")
}

func (t *table) when(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return "last " + at.In(t.st.Zone).Format("Jan _2 15:04:05")
}

func short(p *trace.Place) string {
	if p == nil {
		return "(not known)"
	}
	s := trace.ShortFunc(p.Func)
	if p.File != "" {
		s += "  " + path.Base(p.File) + ":" + itoa(p.Line)
	}
	return s
}

func (t *table) head(inv *Inventory) {
	runs := "1 run"
	if inv.Runs != 1 {
		runs = itoa(inv.Runs) + " runs"
	}
	panics := "1 panic"
	if inv.Panics != 1 {
		panics = trace.Thousands(inv.Panics) + " panics"
	}
	span := "nothing recorded"
	if !inv.Start.IsZero() {
		span = fmt.Sprintf("%s to %s", inv.Start.In(t.st.Zone).Format("2006-01-02 15:04:05"), inv.End.In(t.st.Zone).Format("2006-01-02 15:04:05"))
	}
	t.line(0, "", fmt.Sprintf("%s, %s: %s, %s recovered", span, runs, panics, trace.Thousands(inv.Recovered)))
	if inv.Lost > 0 {
		t.line(0, yellow, trace.Thousands(inv.Lost)+" records were lost: counts are exact, places may be missing")
	}
	if inv.Unnamed > 0 {
		t.line(0, yellow, trace.Thousands(inv.Unnamed)+" events are counted and belong to places that no record names")
	}
	if inv.Cut {
		t.line(0, yellow, "a recording has no end: the tracer was killed or still writes, and counts may be too small")
	}
}

// rows is how many rows of n are shown.
func (t *table) rows(n, most int) int {
	if t.st.All {
		return n
	}
	return min(n, most)
}

func (t *table) more(indent, left int, noun string) {
	if left > 0 {
		t.line(indent, dim, fmt.Sprintf("... %d more %s (-full shows them)", left, noun))
	}
}

func (t *table) swallowers(inv *Inventory) {
	t.title("WHO SWALLOWS PANICS", "")
	if len(inv.Swallowers) == 0 {
		t.line(2, dim, "nobody was seen to")
		return
	}
	n := t.rows(len(inv.Swallowers), mostRows)
	for i := range inv.Swallowers[:n] {
		s := &inv.Swallowers[i]
		t.row(0, s.Count, short(s.By), t.when(s.Last))
		t.vet(11, s.Vet, inv.Vetted, "of this guard")
		m := t.rows(len(s.Panics), mostPanics)
		for j := range s.Panics[:m] {
			t.swallowed(inv, &s.Panics[j])
		}
		t.more(6, len(s.Panics)-m, "places")
	}
	t.more(0, len(inv.Swallowers)-n, "functions")
}

func (t *table) swallowed(inv *Inventory, w *Swallowed) {
	remark := "after " + trace.Round(w.Shortest)
	if w.Longest > w.Shortest {
		remark += " to " + trace.Round(w.Longest)
	}
	if w.Longest == 0 {
		remark = ""
	}
	t.row(6, w.Count, short(w.At), remark)
	text := string(w.Class)
	if w.Message != "" {
		first, _, _ := strings.Cut(w.Message, "\n")
		text += ": " + first
	}
	if w.Type != "" && !strings.HasPrefix(w.Type, "runtime.") && w.Type != "string" && !strings.Contains(w.Message, w.Type) {
		text += "  (" + w.Type + ")"
	}
	t.line(17, cyan, text)
	t.vet(17, w.Vet, inv.Vetted, "of this line")
}

// vet says what vet says, and that it says nothing.
func (t *table) vet(indent int, list []Finding, vetted bool, of string) {
	if !vetted {
		return
	}
	if len(list) == 0 {
		t.line(indent, dim, "vet: nothing "+of)
		return
	}
	for _, f := range list {
		t.line(indent, yellow, fmt.Sprintf("vet: %s, %s:%d: %s", f.Rule, path.Base(f.File), f.Line, f.Message))
	}
}

func (t *table) vain(inv *Inventory) {
	t.title("GUARDS THAT NEVER WORKED", "")
	shown := 0
	for i := range inv.Vain {
		g := &inv.Vain[i]
		if g.Effective > 0 {
			continue
		}
		if shown++; shown > mostRows && !t.st.All {
			continue
		}
		t.row(0, g.Count, short(g.By), t.when(g.Last))
		during := make([]string, len(g.During))
		for j, c := range g.During {
			during[j] = string(c)
		}
		text := "recover returned nil"
		if len(during) > 0 {
			text += " during " + strings.Join(during, ", ")
		}
		if n := len(g.Callers); n > 0 {
			text += "; called by " + short(g.Callers[0])
		}
		t.line(11, cyan, text)
		t.vet(11, g.Vet, inv.Vetted, "of this guard")
	}
	if shown == 0 {
		t.line(2, dim, "none was seen")
	}
	if !t.st.All {
		t.more(0, shown-mostRows, "guards")
	}
}

func (t *table) entries(inv *Inventory) {
	t.title("GOROUTINES THAT DIED UNGUARDED", "")
	if len(inv.Entries) == 0 {
		t.line(2, dim, "none was seen")
		return
	}
	n := t.rows(len(inv.Entries), mostRows)
	for i := range inv.Entries[:n] {
		e := &inv.Entries[i]
		what := short(e.Func)
		if e.CreatedBy != nil {
			what += ", started by " + short(e.CreatedBy)
		}
		t.row(0, e.Count, what, t.when(e.Last))
		first, _, _ := strings.Cut(e.Message, "\n")
		t.line(11, cyan, fmt.Sprintf("%s at %s: %s", e.Class, short(e.At), first))
		t.vet(11, e.Vet, inv.Vetted, "of this goroutine")
	}
	t.more(0, len(inv.Entries)-n, "goroutines")
}

func (t *table) exits(inv *Inventory) {
	t.title("WHO CALLS os.Exit", "")
	if len(inv.Exits) == 0 {
		t.line(2, dim, "nobody was seen to")
		return
	}
	n := t.rows(len(inv.Exits), mostRows)
	for i := range inv.Exits[:n] {
		c := &inv.Exits[i]
		t.row(0, c.Count, fmt.Sprintf("%s, status %d", short(c.At), c.Status), t.when(c.Last))
		t.vet(11, c.Vet, inv.Vetted, "of this line")
	}
	t.more(0, len(inv.Exits)-n, "callers")
}

func (t *table) deaths(inv *Inventory) {
	t.title("OTHER DEATHS", "")
	if len(inv.Deaths) == 0 {
		t.line(2, dim, "none was seen")
		return
	}
	n := t.rows(len(inv.Deaths), mostRows)
	for i := range inv.Deaths[:n] {
		d := &inv.Deaths[i]
		text := path.Base(d.Exe) + ": " + string(d.Class)
		if first, _, _ := strings.Cut(d.Message, "\n"); first != "" {
			text += ": " + first
		} else if d.By != nil { // of a signal that the runtime printed a traceback for
			text += ": from " + d.By.String()
		}
		t.row(0, d.Count, text, t.when(d.Last))
	}
	t.more(0, len(inv.Deaths)-n, "kinds")
}

func (t *table) notSeen(inv *Inventory) {
	if !inv.Vetted {
		return
	}
	t.title("WHAT VET SAYS AND NOBODY HAS SEEN YET", "")
	if len(inv.NotSeen) == 0 {
		t.line(2, dim, "nothing about guards, goroutines and exits")
		return
	}
	n := t.rows(len(inv.NotSeen), mostNotSeen)
	for _, f := range inv.NotSeen[:n] {
		t.line(2, "", fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Message))
	}
	t.more(2, len(inv.NotSeen)-n, "findings")
}
