package trace

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// recorded writes what a rig saw, as the command does.
func recorded(g *rig, w *Writer, lost uint64) {
	for _, e := range g.finish() {
		w.Event(e)
	}
	for _, s := range g.Sites() {
		w.Seen(s)
	}
	w.Summary(Summary{Start: time.Unix(1e9, 0).UTC(), For: time.Minute, Tally: g.Tally(), Losses: Losses{Ring: lost}})
}

func shopRig() *rig {
	g := newRig()
	p := g.at(bpf.Panic, site(1), typ(1))
	g.takeAll(p, g.at(bpf.Recover, of(p, 1), by(5)))
	g.Count([]Count{{CountKey{1, bpf.Panic, 1, 0}, 40}, {CountKey{1, bpf.Recover, 1, 5}, 40}})
	return g
}

// What was written is read back, and runs in one file add up.
func TestRecording(t *testing.T) {
	var b bytes.Buffer
	g := shopRig()
	recorded(g, NewWriter(&b), 2)
	one := b.String()
	for _, line := range strings.Split(strings.TrimSpace(one), "\n") {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["type"] == nil {
			t.Errorf("line %s: %v", line, err)
		}
	}
	rec := NewRecording()
	if err := rec.Read(strings.NewReader(one + one)); err != nil {
		t.Fatal(err)
	}
	id := g.events[0].Site
	if len(rec.Events) != 2 || rec.Cut || rec.Sites[id].Seen != 80 || len(rec.Summaries) != 2 || rec.Summaries[1].Panics != 40 || rec.Summaries[1].Losses.Ring != 2 {
		t.Errorf("%d events, cut %v, sites %v, summaries %+v", len(rec.Events), rec.Cut, rec.Sites, rec.Summaries)
	}
	if diff := cmp.Diff(g.events[0], rec.Events[0], cmpopts.IgnoreUnexported(Event{}, Frame{}), cmpopts.IgnoreFields(Frame{}, "PC", "Entry")); diff != "" {
		t.Errorf("written and read (-written +read):\n%s", diff)
	}
}

// A recording whose tracer was killed ends anywhere.
func TestRecordingCut(t *testing.T) {
	var b bytes.Buffer
	recorded(shopRig(), NewWriter(&b), 0)
	whole := b.String()
	end := strings.Index(whole, "\n") + 1
	for cut := range len(whole) + 1 {
		rec := NewRecording()
		err := rec.Read(strings.NewReader(whole[:cut]))
		switch {
		case cut < end-1:
			if cut > 0 && err == nil {
				t.Fatalf("%q is no recording", whole[:cut])
			}
		case err != nil || len(rec.Events) != 1:
			t.Fatalf("cut at %d: %d events, %v", cut, len(rec.Events), err)
		case rec.Cut != (cut < len(whole)-1):
			t.Fatalf("cut at %d of %d: told %v", cut, len(whole), rec.Cut)
		}
	}
}

func TestRecordingDamaged(t *testing.T) {
	for in, want := range map[string]string{
		"{\"type\":\"event\"}\nrubbish\n{\"type\":\"event\"}\n": "line 2",
		"{\"rule\":\"nil-map\"}\n":                              "line 1: is no line that",
		"{\"type\":\"event\",\"pid\":\"x\"}\n":                  "line 1",
		strings.Repeat("x", maxLine+1):                          "line 1",
	} {
		err := NewRecording().Read(strings.NewReader(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", in, err, want)
		}
	}
	rec := NewRecording()
	if err := rec.Read(strings.NewReader("{\"type\":\"later\"}\n\n")); err != nil || rec.Unknown != 1 {
		t.Errorf("a type of a later version: %v, %d unknown", err, rec.Unknown)
	}
}

// A run that was killed within a line takes nothing from the next one, which adds
// to the same file.
func TestRecordingCutWithin(t *testing.T) {
	const text = `{"type":"event","kind":"panic","site":"a","seen":3}
{"type":"event","kind":"panic","site":"b","se
{"type":"event","kind":"panic","site":"a","seen":2}
{"type":"summary"}
`
	rec := NewRecording()
	if err := rec.Read(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if len(rec.Events) != 2 || !rec.Cut || rec.Sites["a"].Seen != 5 {
		t.Errorf("%d events, cut %v, sites %v", len(rec.Events), rec.Cut, rec.Sites)
	}
}
