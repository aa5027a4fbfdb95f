package capture

import (
	"bufio"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed expectations.tsv
var expectations string

// An Expectation says that some cells lack something, and why.
type Expectation struct {
	Setups     []Setup
	Toolchains string // "*", "1.22", "<1.23", ">=1.26"
	Cases      []string
	Lacks      []Lack
	Why        string
}

// Expectations reads the committed file. Anything that it does not name must be
// delivered.
func Expectations() ([]Expectation, error) { return parseExpectations(expectations) }

func parseExpectations(text string) ([]Expectation, error) {
	var all []Expectation
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 5 {
			return nil, fmt.Errorf("expectations, line %d: %d columns, want 5", n, len(fields))
		}
		e := Expectation{Toolchains: fields[1], Why: fields[4]}
		for _, s := range strings.Split(fields[0], ",") {
			if !slices.Contains(Setups(), Setup(s)) {
				return nil, fmt.Errorf("expectations, line %d: no set-up %q", n, s)
			}
			e.Setups = append(e.Setups, Setup(s))
		}
		if _, err := inRange("1.26", e.Toolchains); err != nil {
			return nil, fmt.Errorf("expectations, line %d: %w", n, err)
		}
		for _, name := range strings.Split(fields[2], ",") {
			cases := named(name)
			if len(cases) == 0 {
				return nil, fmt.Errorf("expectations, line %d: no case or group %q", n, name)
			}
			e.Cases = append(e.Cases, cases...)
		}
		for _, l := range strings.Split(fields[3], ",") {
			if !slices.Contains([]Lack{LackDelivery, LackReason, LackFunction, LackRequest}, Lack(l)) {
				return nil, fmt.Errorf("expectations, line %d: nothing is called %q", n, l)
			}
			e.Lacks = append(e.Lacks, Lack(l))
		}
		all = append(all, e)
	}
	return all, lines.Err()
}

// named returns the cases of a name, or of a group: "@sync".
func named(name string) []string {
	group, isGroup := strings.CutPrefix(name, "@")
	var all []string
	for _, c := range Crashes() {
		if c.Name == name || isGroup && c.Group == group {
			all = append(all, c.Name)
		}
	}
	return all
}

// Expected returns the expectation that lets a cell lack something, nil when
// there is none.
func Expected(all []Expectation, cell Cell, l Lack) *Expectation {
	for i := range all {
		e := &all[i]
		ok, err := inRange(Release(cell.Toolchain), e.Toolchains)
		if err == nil && ok && slices.Contains(e.Setups, cell.Setup) && slices.Contains(e.Cases, cell.Case.Name) && slices.Contains(e.Lacks, l) {
			return e
		}
	}
	return nil
}

// Release is the language version of a toolchain: 1.22 of go1.22.12.
func Release(toolchain string) string {
	parts := strings.SplitN(strings.TrimPrefix(toolchain, "go"), ".", 3)
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}

// inRange tells whether a release is in a range such as "<1.23".
func inRange(release, in string) (bool, error) {
	if in == "*" {
		return true, nil
	}
	bound := strings.TrimLeft(in, "<>=")
	op := in[:len(in)-len(bound)]
	a, errA := minor(release)
	b, errB := minor(bound)
	if errA != nil || errB != nil {
		return false, fmt.Errorf("%q is no range of releases", in)
	}
	switch op {
	case "":
		return a == b, nil
	case "<":
		return a < b, nil
	case ">=":
		return a >= b, nil
	}
	return false, fmt.Errorf("%q is no range of releases", in)
}

func minor(release string) (int, error) {
	digits, ok := strings.CutPrefix(release, "1.")
	if !ok {
		return 0, fmt.Errorf("%q is no Go release", release)
	}
	return strconv.Atoi(digits)
}
