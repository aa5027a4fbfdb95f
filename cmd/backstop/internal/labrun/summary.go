package labrun

import (
	"fmt"
	"slices"

	"github.com/backstop-go/backstop/lab/scenario"
)

// A Summary counts a matrix.
type Summary struct {
	Scenarios  int      `json:"scenarios"`
	Toolchains []string `json:"toolchains"`
	Rows       int      `json:"rows"`
	NotRun     int      `json:"not_run"`
	Disagree   int      `json:"disagree"` // rows whose class is not the declared one
	Changing   int      `json:"changing"` // scenarios that toolchains make a difference to, in a table
}

// Summarize counts rows.
func Summarize(rows []Row) Summary {
	var s Summary
	for _, r := range rows {
		s.Rows++
		switch {
		case r.NotRun != "":
			s.NotRun++
		case !r.Agrees():
			s.Disagree++
		}
		if !slices.Contains(s.Toolchains, r.Toolchain) {
			s.Toolchains = append(s.Toolchains, r.Toolchain)
		}
	}
	slices.SortFunc(s.Toolchains, func(a, b string) int { return minorOf(a) - minorOf(b) })
	names := make(map[string]bool)
	for _, sub := range subjects(rows) {
		names[sub.Scenario] = true
		if len(sub.Spans) > 1 {
			s.Changing++
		}
	}
	s.Scenarios = len(names)
	return s
}

// A section is a group of the catalogue with what was measured of it.
type section struct {
	Group    scenario.Group
	Subjects []subject
}

// sections puts rows under the headings of the catalogue.
func sections(rows []Row) []section {
	group := make(map[string]string)
	for _, s := range scenario.All() {
		group[s.Name] = s.Group
	}
	by := make(map[string][]subject)
	for _, s := range subjects(rows) {
		by[group[s.Scenario]] = append(by[group[s.Scenario]], s)
	}
	var all []section
	for _, g := range scenario.Groups() {
		if len(by[g.Name]) > 0 {
			all = append(all, section{g, by[g.Name]})
		}
	}
	return all
}

// sentence says what a matrix is made of.
func (s *Summary) sentence() string {
	text := fmt.Sprintf("%s on %s: %s", plural(s.Scenarios, "scenario"), toolchains(s.Toolchains), plural(s.Rows, "row"))
	if s.NotRun > 0 {
		text += fmt.Sprintf(", %d of them not run", s.NotRun)
	}
	if len(s.Toolchains) > 1 && s.Rows-s.NotRun > s.Scenarios {
		text += fmt.Sprintf("; releases make a difference to %d", s.Changing)
	}
	return text + "."
}

// agreement says whether package crash finds what was declared.
func (s *Summary) agreement() string {
	ran := s.Rows - s.NotRun
	switch {
	case ran == 0:
		return "Nothing was run, so nothing is known."
	case s.Disagree > 0:
		return fmt.Sprintf("Package crash finds another class than the declared one in %d of %s.", s.Disagree, plural(ran, "row"))
	case ran == s.Rows:
		return "Package crash finds the declared class in every row."
	}
	return fmt.Sprintf("Package crash finds the declared class in every row that was run (%d).", ran)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
