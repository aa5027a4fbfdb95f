// Package claim holds what the five articles say of panic, recover, defer, signals,
// cgo, the scheduler and metrics in Go, each statement with the measurements that
// decide it. It is data and one pure function, [Claim.Judge]: values in, verdict
// out. `backstop lab claims` measures and prints.
//
// A statement is a hypothesis. No verdict is written down anywhere in this
// package; it follows from values measured on each toolchain.
package claim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Claim is one statement.
type Claim struct {
	ID    string // stable: "A0-1-a" is article A0, chapter 1
	Where string // chapter or section: "A0 ch.1"
	Says  string // the statement

	// Literal are the measurements that all hold when the statement is right as
	// it is worded.
	Literal []Check
	// Implied are those that hold when the condition it names, or the conclusion
	// it wants the reader to draw, is right as well. Where Literal holds and one
	// of these does not, the statement misleads.
	Implied []Check
	// Variants are settings, besides the default one, under which everything is
	// measured as well: a statement that they change depends on them.
	Variants []Variant

	// Untestable says why neither an experiment nor the source can decide, where
	// there is no Literal.
	Untestable string
	// Instead says what is true. It is required where the verdict is not true.
	Instead string
	// Scenarios of the lab that show it.
	Scenarios []string
}

// A Variant is a setting besides the default: a go line in go.mod, which sets the
// defaults of GODEBUG, or the environment.
type Variant struct {
	GoLine string // "1.20"; "" is the lab's own, 1.21
	Env    string // "GODEBUG=panicnil=1"; "" adds nothing
}

func (v Variant) String() string {
	switch {
	case v == Variant{}:
		return ""
	case v.Env == "":
		return "go " + v.GoLine
	case v.GoLine == "":
		return v.Env
	}
	return "go " + v.GoLine + ", " + v.Env
}

// A Check compares one measured value with one that is expected.
type Check struct {
	Shows   string // what it means that the check holds, as a clause: "a deferred recover stops it"
	Measure Measure
	Op      Op
	Want    string
	// Min and Max are the minor releases the check concerns; elsewhere it is left
	// out. 0 is no bound.
	Min, Max int
	// Under is a setting that this check alone is measured under, whatever the
	// cell's.
	Under Variant
}

// ID identifies what the check compares, among the values of a cell.
func (c Check) ID() string {
	if c.Under == (Variant{}) {
		return c.Measure.ID()
	}
	return c.Measure.ID() + " under " + c.Under.String()
}

// An Op is how a value is compared.
type Op string

// The comparisons. Numbers are decimal.
const (
	Is      Op = "is"
	IsNot   Op = "is not"
	Matches Op = "matches"        // a regular expression
	Lacks   Op = "does not match" // a regular expression
	AtLeast Op = "is at least"
	AtMost  Op = "is at most"
)

// On reports whether a check concerns a release.
func (c Check) On(minor int) bool {
	return minor >= c.Min && (c.Max == 0 || minor <= c.Max)
}

// Holds compares. An expected number that is none, or a pattern that does not
// compile, is an error of whoever wrote the check.
func (c Check) Holds(value string) (bool, error) {
	switch c.Op {
	case Is:
		return value == c.Want, nil
	case IsNot:
		return value != c.Want, nil
	case Matches, Lacks:
		re, err := regexp.Compile(c.Want)
		if err != nil {
			return false, fmt.Errorf("check %q: %w", c.Shows, err)
		}
		return re.MatchString(value) == (c.Op == Matches), nil
	case AtLeast, AtMost:
		want, err := strconv.ParseFloat(c.Want, 64)
		if err != nil {
			return false, fmt.Errorf("check %q: %w", c.Shows, err)
		}
		got, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return false, fmt.Errorf("check %q: the value of %s is no number: %w", c.Shows, c.Measure, err)
		}
		if c.Op == AtLeast {
			return got >= want, nil
		}
		return got <= want, nil
	}
	return false, fmt.Errorf("check %q: unknown comparison %q", c.Shows, c.Op)
}

// All lists every claim in the order of the articles.
func All() []Claim {
	var all []Claim
	for _, list := range [][]Claim{a0Panic, a0Defer, a1Handler, a1Load, a1Faults, a2, a3, a4Leaks, a4Stack, a4Frames, a4Signals, a4Native, a4Sched} {
		all = append(all, list...)
	}
	return all
}

// Find returns a claim by its id.
func Find(id string) (Claim, error) {
	for _, c := range All() {
		if c.ID == id {
			return c, nil
		}
	}
	return Claim{}, fmt.Errorf("there is no claim %q", id)
}
