package corpus_test

import (
	"context"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/analysis/corpus"
	"github.com/backstop-go/backstop/analysis/internal/need"
	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/analysis/rules"
)

// catalogue lists the rules that the corpus has cases of.
var catalogue = strings.Fields(`
	recover-builtin-deferred recover-depth recover-not-deferred recover-eager-arg
	guard-late recover-swallow recover-no-stack recover-hot-loop repanic-stack-lost
	repanic-unconditional recover-unchecked-assert guard-order goroutine-unguarded
	handler-spawn callback-unguarded handler-panic aborthandler panic-nil
	exit-skips-defer exit-outside-main must-runtime map-race mutex-misuse
	unbounded-recursion nil-func-go signal-sync panic-on-fault chan-close type-assert
	nil-map err-deref index-unchecked panicking-stdlib-arg waitgroup alloc-untrusted
	leak-send leak-range goroutine-no-exit cgo-boundary dup-registration timer-in-loop`)

func read(t *testing.T) []*corpus.Case {
	t.Helper()
	cases, err := corpus.Read("testdata")
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func labels(cases []*corpus.Case, kind corpus.Kind) (out []corpus.Label) {
	for _, c := range cases {
		for _, l := range c.Labels {
			if l.Kind == kind {
				out = append(out, l)
			}
		}
	}
	return out
}

func TestSizes(t *testing.T) {
	cases := read(t)
	count := func(list []corpus.Label) map[string]int {
		n := make(map[string]int)
		for _, l := range list {
			n[l.Rule]++
		}
		return n
	}
	faults, alikes := labels(cases, corpus.Fault), labels(cases, corpus.Fine)
	incidents := labels(corpus.OfIncidents(cases), corpus.Fault)
	t.Logf("%d cases, %d faults (%d rebuilt from public reports), %d look-alikes", len(cases), len(faults), len(incidents), len(alikes))
	if len(faults) < 150 || len(alikes) < 250 || len(incidents) < 60 {
		t.Error("the corpus is smaller than it should be: 150 faults, 250 look-alikes, 60 faults of incidents")
	}
	perFault, perAlike := count(faults), count(alikes)
	for _, id := range catalogue {
		if perFault[id] < 2 || perAlike[id] < 2 {
			t.Errorf("%s has %d faults and %d look-alikes", id, perFault[id], perAlike[id])
		}
		delete(perFault, id)
		delete(perAlike, id)
	}
	for id := range perFault {
		t.Errorf("faults of an unknown rule %s", id)
	}
	for id := range perAlike {
		t.Errorf("look-alikes of an unknown rule %s", id)
	}
}

// TestLabels holds the form of labels against what they need.
func TestLabels(t *testing.T) {
	for _, c := range read(t) {
		tags := make(map[string]bool)
		for _, l := range c.Labels {
			tags[l.Tag] = true
			if l.Kind == corpus.Fine && l.Note == "" {
				t.Errorf("%s: a look-alike without a reason", l)
			}
			if l.Go != "" && l.Rule != "recover-depth" {
				t.Errorf("%s: only recover-depth depends on the release", l)
			}
		}
		for tag, report := range c.Incidents {
			if !tags[tag] {
				t.Errorf("%s: incident %s has no label #%s", c.Name, report, tag)
			}
		}
	}
}

// A floor is the least that the rules of some tiers must reach.
type floor struct {
	part      string
	tiers     []rule.Tier
	recall    float64
	flagged   float64
	elsewhere int
}

// TestScore holds the rules to the figures they have reached.
func TestScore(t *testing.T) {
	if testing.Short() {
		t.Skip("runs all rules over all cases")
	}
	cases := read(t)
	list := rules.All()
	found, problems, err := corpus.Findings(context.Background(), "testdata", list)
	if err != nil {
		t.Fatal(err)
	}
	if need.HasCgo(t) { // else cases with cgo are left out
		for _, p := range problems {
			t.Errorf("a case cannot be read: %s", p)
		}
	}
	parts := map[string][]*corpus.Case{"all": cases, "incidents": corpus.OfIncidents(cases)}
	for _, c := range cases {
		if c.Held {
			parts["held"] = append(parts["held"], c)
		} else {
			parts["dev"] = append(parts["dev"], c)
		}
	}
	for _, f := range floors {
		score := corpus.Rate(parts[f.part], list, found)
		sum := score.Sum(f.tiers...)
		t.Logf("%s %v: %d of %d faults, %d of %d look-alikes flagged, %d reports elsewhere",
			f.part, f.tiers, sum.Found, sum.Faults, len(sum.Flagged), sum.Alikes, len(sum.Elsewhere))
		if sum.Recall() < f.recall || sum.FlaggedPart() > f.flagged || len(sum.Elsewhere) > f.elsewhere || len(sum.Wrong) > 0 {
			t.Errorf("%s %v: want %.0f %% of the faults, at most %.0f %% of the look-alikes, %d elsewhere; go run ./corpus/score -details tells which",
				f.part, f.tiers, 100*f.recall, 100*f.flagged, f.elsewhere)
		}
	}
}

// floors are what is promised: of tier A nearly all and no false report, of all most
// and few false ones; and what has been reached on cases that were held out.
var floors = []floor{
	{"all", []rule.Tier{rule.TierA}, 0.95, 0, 0},
	{"all", nil, 0.85, 0.02, 4},
	{"incidents", nil, 0.80, 0.02, 4},
	{"held", nil, 0.80, 0.02, 2},
}
