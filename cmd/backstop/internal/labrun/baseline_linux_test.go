package labrun

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/lab/scenario"
)

// TestBaselines lets every scenario happen on the oldest, the local and the
// newest toolchain. Package crash must find the class that each one declares,
// and nothing may differ from what was measured before but what may vary.
func TestBaselines(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some hundred programs")
	}
	for _, name := range []string{pinned[0], Local(), pinned[len(pinned)-1]} {
		t.Run(name, func(t *testing.T) {
			crashtest.NeedToolchain(t, name)
			base, from, err := Baseline(name)
			if err != nil || base == nil {
				t.Fatalf("baseline of %s: %v", name, err)
			}
			rows := matrix(t, testLab(t, Options{}), Plan{Toolchains: []string{name}, Scenarios: scenario.All()})
			checkRows(t, rows)
			d := Compare(from, name, base, rows)
			for _, c := range d.Changes {
				if c.Varies == "" {
					t.Errorf("%s %s", c.Scenario, c.Says)
				}
			}
			for _, n := range append(d.New, d.Gone...) {
				t.Errorf("%s is in one of baseline and lab only: run `make lab`", n)
			}
			for _, c := range d.Checks {
				if c.OK == nil || !*c.OK {
					t.Errorf("checklist: %s: %s", c.Name, c.Says)
				}
			}
		})
	}
}

// checkRows: each row was run, or could not be for a reason that may be skipped,
// and has the declared class.
func checkRows(t *testing.T, rows []Row) {
	t.Helper()
	why := make(map[string][]string)
	for i := range rows {
		switch r := &rows[i]; {
		case r.NotRun != "":
			why[oneLine(r.NotRun)] = append(why[oneLine(r.NotRun)], r.Scenario)
		case !r.Agrees():
			t.Errorf("%s with %s: package crash finds %s, declared is %s: %s", r.Scenario, r.Toolchain, r.ClassifiedAs, r.ExpectedClass, r.Headline)
		}
	}
	for reason, names := range why {
		t.Run(fmt.Sprintf("not run %d", len(names)), func(t *testing.T) {
			crashtest.Skip(t, "%s: %s", reason, strings.Join(names, ", "))
		})
	}
}
