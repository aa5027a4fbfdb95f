package demo

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backstop-go/backstop/event"
)

func printRun(t *testing.T, r renderer, w *world) {
	t.Helper()
	r.start("http://127.0.0.1:7070")
	r.note("ordinary    16 healthy requests answered")
	r.section("release r1")
	for i := 0; i < len(w.shots); i++ {
		times := []verdict{judge(w.shots[i], w.seen)}
		if i == 0 {
			times = append(times, judge(w.shots[1], w.seen))
			i++
		}
		r.row(times)
	}
	s := w.audit()
	r.summary(&s)
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	printRun(t, newTable(&out, false, 0, func() {}), goodRun())
	for _, want := range []string{
		"  what went wrong                      class                         visible\n",
		"  request                              seen by            trace    issue\n",
		"+ cart, 2 users                        panic.nil_map                   20 ms\n",
		" guard              bb       http://127.0.0.1:7070/issues/1\n",
		"+ stats                                fatal.concurrent_map_writes     40 ms\n",
		"  POST /stats -> exit 2                monitor+supervisor ee       http://127.0.0.1:7070/issues/2\n",
		"  kill -9 2 -> SIGKILL                 supervisor         -        http://127.0.0.1:7070/issues/3\n",
		"+ aborted                              no bug\n  GET /export\n",
		"delivered        4 of 4, 0 duplicates\n",
		"not reported     aborted: 0 reports\n",
		"                 swallowed: 0 reports\n",
		"3 classes        fatal.concurrent_map_writes kill.sigkill panic.nil_map\n",
		"grouped          4 events are 3 issues\n                   cart: 2 events are 1 issue, in r1\n",
		"death to visible median 25 ms, longest 40 ms (stats)\n",
		"Every crash arrived exactly once",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log("\n" + out.String())
	}
}

func TestTableFitsItsWidth(t *testing.T) {
	for _, width := range []int{0, 40, 72, 80, 100, 200} {
		var out bytes.Buffer
		printRun(t, newTable(&out, false, width, func() {}), goodRun())
		limit := fullWidth
		if width > 0 {
			limit = min(width, fullWidth)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > limit {
				t.Errorf("width %d: a line of %d columns: %q", width, n, line)
			}
			if strings.HasSuffix(line, " ") {
				t.Errorf("width %d: trailing space: %q", width, line)
			}
		}
	}
}

// TestHostileText sends escape sequences and direction overrides through every
// text that comes from outside.
func TestHostileText(t *testing.T) {
	const hostile = "panic.\x1b[2J\u202e\u009b31mx"
	w := goodRun()
	for _, s := range w.seen {
		s.class, s.eventID, s.observers = hostile, hostile, []event.Observer{hostile}
	}
	w.seen = append(w.seen, &sighting{eventID: hostile, class: hostile, release: "r1", trace: "zz"})
	var out bytes.Buffer
	printRun(t, newTable(&out, false, 0, func() {}), w)
	if strings.ContainsAny(out.String(), "\x1b\u202e\u009b") {
		t.Errorf("hostile text went through: %q", out.String())
	}
	if !strings.Contains(out.String(), "panic.?[2J??31mx") {
		t.Errorf("the class is gone:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "Not as declared") || strings.Contains(out.String(), "Every crash arrived") {
		t.Errorf("a bad run is praised:\n%s", out.String())
	}
}

func TestColourIsOnlyColour(t *testing.T) {
	var plain, colour bytes.Buffer
	printRun(t, newTable(&plain, false, 0, func() {}), goodRun())
	printRun(t, newTable(&colour, true, 0, func() {}), goodRun())
	if !strings.Contains(colour.String(), green) {
		t.Error("no colour on a terminal")
	}
	stripped := colour.String()
	for _, code := range []string{dim, bold, green, red, cyan, reset} {
		stripped = strings.ReplaceAll(stripped, code, "")
	}
	if stripped != plain.String() {
		t.Errorf("colour changes the text:\n%s\n%s", stripped, plain.String())
	}
}

func TestJSONLines(t *testing.T) {
	var out bytes.Buffer
	printRun(t, newLines(&out), goodRun())
	var rows []jsonRow
	var sum jsonSummary
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var row jsonRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if row.Type == "row" {
			rows = append(rows, row)
			continue
		}
		if err := json.Unmarshal([]byte(line), &sum); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	if len(rows) != 6 || !rows[0].OK || rows[0].Class != "panic.nil_map" || rows[0].TraceID != "aa" || *rows[0].VisibleMS != 10 {
		t.Errorf("rows: %+v", rows)
	}
	if rows[2].Expected != "" || rows[2].VisibleMS != nil || len(rows[2].Events) != 0 {
		t.Errorf("the aborted handler: %+v", rows[2])
	}
	if sum.Type != "summary" || !sum.OK || sum.Triggered != 4 || sum.MedianMS != 25 || len(sum.Classes) != 3 || len(sum.Quiet) != 2 {
		t.Errorf("summary: %+v", sum)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		300 * time.Microsecond:  "<1 ms",
		31 * time.Millisecond:   "31 ms",
		1234 * time.Millisecond: "1234 ms",
		12 * time.Second:        "12.0 s",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	if got := strings.Join(wrap([]string{"aa", "bb", "cccccccc", "d"}, 5), "|"); got != "aa bb|cccccccc|d" {
		t.Errorf("wrap: %q", got)
	}
}
