package recoverdepth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/rule"
)

// releases is a flag: 1.22..1.25, or 1.22,1.26, or nothing for all.
type releases []string

func (r *releases) String() string { return strings.Join(*r, ",") }

// Set reads the flag.
func (r *releases) Set(text string) error {
	all := behaviour.Releases
	if text == "" {
		*r = all
		return nil
	}
	if from, to, ok := strings.Cut(text, ".."); ok {
		i, j := slices.Index(all, from), slices.Index(all, to)
		if i < 0 || j < i {
			return fmt.Errorf("%q is no range of %s..%s", text, all[0], all[len(all)-1])
		}
		*r = all[i : j+1]
		return nil
	}
	var list []string
	for release := range strings.SplitSeq(text, ",") {
		if !slices.Contains(all, release) {
			return fmt.Errorf("release %q is none of %s", release, strings.Join(all, ", "))
		}
		list = append(list, release)
	}
	*r = list
	return nil
}

func dead() map[string]rule.Verdict {
	all := make(map[string]rule.Verdict)
	for _, release := range behaviour.Releases {
		all[release] = rule.Dead
	}
	return all
}
