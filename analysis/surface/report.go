// Package surface tells where the goroutines of a program begin, which of them
// nobody guards, and which panic sites they reach: the crash surface.
//
// [Make] links the summaries of all packages of a program (package summary makes
// them, package internal/std has those of the standard library) to a [Report].
// [Diff] tells which unguarded paths are new, [Text] draws a report for people.
//
// Reachability is that of VTA: a call of an interface method or of a function
// value reaches what flows there by types. Reflection, assembly, plugins and
// linkname are not followed. Of ways through other people's code those are left out
// that only types know: calls there of what may be more than eight functions, and
// ways that pass more than six functions in a row.
package surface

import (
	"errors"
	"fmt"
	"slices"
)

// A Report is the crash surface of a program.
type Report struct {
	Version  int        `json:"version"` // of this format
	Number   int        `json:"number"`  // see [Set.Number]; of all packages
	Modules  []Count    `json:"modules"`
	Packages []Count    `json:"packages"`
	Entries  []Entry    `json:"entries"` // those that matter most first
	Sets     []Set      `json:"sets"`    // by number, the greatest first
	Calls    []External `json:"third_party_calls"`
	Unknown  []Unknown  `json:"unknown"` // functions that are called and that no summary has
}

// A Count sums up a package or a module.
type Count struct {
	Name      string `json:"name"`
	Number    int    `json:"number"`
	Entries   int    `json:"entries"`
	Unguarded int    `json:"unguarded"` // entries that nobody guards
	Exposed   int    `json:"exposed"`   // of these, how many reach a site that counts
	Sites     int    `json:"sites"`     // that some unguarded entry reaches
}

// Kinds of entries.
const (
	Goroutine = "go"       // a go statement
	Timer     = "timer"    // time.AfterFunc
	Handler   = "handler"  // what serves requests
	Callback  = "callback" // what somebody else's goroutine calls
	Init      = "init"     // the initialisation of a package
	Main      = "main"
	API       = "api" // an exported function of a library
)

// An Entry is where a goroutine enters the program's own code.
type Entry struct {
	Kind     string `json:"kind"`
	Function string `json:"function"`      // what runs
	In       string `json:"in,omitempty"`  // the function with the go statement or the registration
	Via      string `json:"via,omitempty"` // who calls it: time.AfterFunc, net/http
	Package  string `json:"package"`
	Module   string `json:"module"`
	File     string `json:"file"` // relative to the module
	Line     int    `json:"line"`
	Guarded  bool   `json:"guarded"`
	Guard    string `json:"guard"` // none, disarmed, repanics, partial, guarded, accepted by a comment; or who guards
	Sites    int    `json:"sites"` // that it reaches and that nothing contains
	Likely   int    `json:"likely"`
	Number   int    `json:"number"`
	Path     []Step `json:"path,omitempty"` // the shortest to the most plausible site
	Site     *Site  `json:"site,omitempty"` // where the path ends
	Sets     []int  `json:"sets,omitempty"` // indexes of Report.Sets
}

// A Step is a function on a path, and where it is called.
type Step struct {
	Function string `json:"function"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
}

// A Site is where a function can panic by itself.
type Site struct {
	Kind     string `json:"kind"`
	Grade    string `json:"grade"`
	Why      string `json:"why"`
	Function string `json:"function"`
	Package  string `json:"package"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// A Set is the sites that the same unguarded entries reach. However many entries
// that are, it is one line.
type Set struct {
	Package string `json:"package"`
	Sites   []Site `json:"sites"`   // the most plausible first
	Entries []int  `json:"entries"` // indexes of Report.Entries
	FanIn   int    `json:"fan_in"`
	Grade   string `json:"grade"` // of the most plausible site

	// Number is what the set adds to the number of its package, the one to drive
	// down: the weight of its grade for each unguarded entry that reaches it. A
	// likely site weighs 10, a possible one 3, an unlikely one nothing. A guard on
	// an entry, a guard or a check on the way, and a site less all make it smaller;
	// a second site among those that the same entries reach does not make it
	// greater.
	Number int    `json:"number"`
	Path   []Step `json:"path,omitempty"` // from one of the entries
}

// An External is a function of another module that the program's own code calls.
type External struct {
	Function  string `json:"function"`
	Module    string `json:"module"`
	Calls     int    `json:"calls"`
	Contained int    `json:"contained"` // calls in which a panic reaches a guard
	Sites     int    `json:"sites"`     // explicit panics that it reaches
	File      string `json:"file"`      // of a call that is not contained, or of the first
	Line      int    `json:"line"`
}

// An Unknown is a function of which nothing is known.
type Unknown struct {
	Function string `json:"function"`
	Calls    int    `json:"calls"`
}

// weights of grades in the number: unlikely, possible, likely.
var weights = [...]int{0, 3, 10}

var grades = [...]string{"unlikely", "possible", "likely"}

// Check tells whether a report that was read from somewhere can be used: that it
// is of this version, and that its indexes are within bounds.
func (r *Report) Check() error {
	if r.Version != 1 {
		return fmt.Errorf("no surface report of version 1 but of version %d", r.Version)
	}
	within := func(list []int, n int) bool {
		return !slices.ContainsFunc(list, func(i int) bool { return i < 0 || i >= n })
	}
	for _, s := range r.Sets {
		if !within(s.Entries, len(r.Entries)) {
			return errors.New("the report is damaged: a set has an entry that is not there")
		}
	}
	for _, e := range r.Entries {
		if !within(e.Sets, len(r.Sets)) {
			return errors.New("the report is damaged: an entry has a set that is not there")
		}
	}
	return nil
}
