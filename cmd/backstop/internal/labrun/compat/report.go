package compat

import (
	"slices"
	"strings"
)

// A Check is one thing that has to hold. The names are stable.
type Check string

// The checks, in the order of the report. Build, Plain and Idle are about a
// toolchain, the others about a point on it.
const (
	Build       Check = "builds"      // the toolchain builds the program
	Plain       Check = "plain_run"   // without faults it does what it should
	Idle        Check = "not_armed"   // points that were passed and left alone
	Fired       Check = "fired"       // the planned panic happened
	Arrived     Check = "arrived"     // an event for each panic reached the collector
	Once        Check = "once"        // and no more than that
	Class       Check = "class"       // which is panic.custom
	Trace       Check = "trace_id"    // of the request, as it was sent
	Service     Check = "service"     // as it was set, or as the program calls itself
	Release     Check = "release"     // likewise
	Environment Check = "environment" // likewise
	AtOnce      Check = "at_once"     // requests that panic together keep their own trace ids
	Answers     Check = "answers"     // the next request is answered
	Goroutines  Check = "goroutines"  // no goroutine is left behind
	Ends        Check = "ends"        // the program ends when it should
)

var checks = []Check{Build, Plain, Fired, Arrived, Once, Class, Trace, Service, Release, Environment, AtOnce, Answers, Goroutines, Ends}

// words are the name for people.
func (c Check) words() string { return strings.ReplaceAll(string(c), "_", " ") }

// A Result is how a check went.
type Result string

// The results.
const (
	Pass          Result = "pass"
	Fail          Result = "fail"
	Invalid       Result = "invalid"        // the fault did not happen: nothing was shown
	NotRun        Result = "not_run"        // could not be, Detail says why
	NotApplicable Result = "not_applicable" // has no meaning here, Detail says why
)

// A Cell is one check of one point on one toolchain.
type Cell struct {
	Toolchain string `json:"toolchain"`
	Point     string `json:"point"` // "" for what is about the toolchain
	Check     Check  `json:"check"`
	Result    Result `json:"result"`
	Value     string `json:"value"`  // what was seen, where that may differ between releases
	Detail    string `json:"detail"` // for people; no part of a snapshot
}

// A Report is everything that was found out.
type Report struct {
	Command []string
	Cells   []Cell
	Changes []Change // against a snapshot
}

// OK reports whether every check that could be made passed, and there was one for
// at least one point.
func (r *Report) OK() bool {
	fired := false
	for _, c := range r.Cells {
		if c.Result == Fail || c.Result == Invalid {
			return false
		}
		fired = fired || c.Check == Fired && c.Result == Pass
	}
	return fired
}

// Toolchains lists the columns.
func (r *Report) Toolchains() []string {
	return distinct(r.Cells, func(c Cell) string { return c.Toolchain })
}

// Points lists the points, in the order in which they were met.
func (r *Report) Points() []string {
	return without(distinct(r.Cells, func(c Cell) string { return c.Point }), []string{""})
}

// find returns a cell, if there is one.
func (r *Report) find(toolchain, point string, check Check) (Cell, bool) {
	i := slices.IndexFunc(r.Cells, func(c Cell) bool {
		return c.Toolchain == toolchain && c.Point == point && c.Check == check
	})
	if i < 0 {
		return Cell{}, false
	}
	return r.Cells[i], true
}

func distinct[T any](list []T, of func(T) string) []string {
	var all []string
	for _, c := range list {
		if v := of(c); !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

func without(all, drop []string) []string {
	var kept []string
	for _, s := range all {
		if !slices.Contains(drop, s) {
			kept = append(kept, s)
		}
	}
	return kept
}
