package corpus

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/backstop-go/backstop/analysis/rule"
)

// Table writes one line for each rule and one for each tier.
func (s *Score) Table(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "tier\trule\tfaults\tfound\tmissed\tlook-alikes\tflagged\telsewhere\t")
	row := func(tier, name string, t *Tally) {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n",
			tier, name, t.Faults, t.Found, len(t.Missed), t.Alikes, len(t.Flagged), len(t.Elsewhere))
	}
	for _, t := range s.Tallies {
		row(string(t.Tier), t.Rule, t)
	}
	for _, tier := range []rule.Tier{rule.TierA, rule.TierB, rule.TierC} {
		sum := s.Sum(tier)
		row(string(tier), "all", &sum)
	}
	sum := s.Sum()
	row("", "all", &sum)
	tw.Flush()
	fmt.Fprintf(w, "recall %.1f %%, look-alikes flagged %.1f %%\n", 100*sum.Recall(), 100*sum.FlaggedPart())
}

// Details writes what was missed and what should not have been reported.
func (s *Score) Details(w io.Writer) {
	for _, t := range s.Tallies {
		for _, l := range t.Missed {
			fmt.Fprintf(w, "missed    %s\n", l)
		}
		for _, l := range t.Wrong {
			fmt.Fprintf(w, "verdicts  %s: want %s\n", l, l.Go)
		}
		for _, l := range t.Flagged {
			fmt.Fprintf(w, "flagged   %s: %s\n", l, l.Note)
		}
		for _, f := range t.Elsewhere {
			fmt.Fprintf(w, "elsewhere %s:%d: %s: %s\n", f.File, f.Line, f.Rule, f.Message)
		}
	}
}
