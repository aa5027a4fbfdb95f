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
	// Only restricts a check to releases: it counts as not measured elsewhere.
	// Min and Max are minor releases; 0 is no bound.
	Min, Max int
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
			return false, fmt.Errorf("check %q: the value is no number: %w", c.Shows, err)
		}
		if c.Op == AtLeast {
			return got >= want, nil
		}
		return got <= want, nil
	}
	return false, fmt.Errorf("check %q: unknown comparison %q", c.Shows, c.Op)
}

// A Measure is something that can be measured on a toolchain. Its value is text.
type Measure struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`          // of a scenario, a probe, a file, a package, a tool
	Key  string `json:"key,omitempty"` // a field, a key, a function, an identifier
	Code string `json:"code,omitempty"`
}

// A Kind is where a value comes from.
type Kind string

// The kinds, with what Name, Key and Code are.
const (
	// KindScenario: a field of the scenario's row: exit, signal, recovered,
	// deferred, returned, headline, crash_output, stderr_traceback, class,
	// stderr, guarded_exit, recovered_value.
	KindScenario Kind = "scenario"
	// KindProbe: a key that the probe prints: Name is the probe, Key the key.
	KindProbe Kind = "probe"
	// KindSource: whether the toolchain's own source matches: Name is a file below
	// GOROOT/src or a directory of it, Key a function or type in it ("" is all of
	// it), Code a regular expression. "true", "false", or "absent" when there is
	// no such file or declaration.
	KindSource Kind = "source"
	// KindDeclared: "true" when package Name declares the exported or unexported
	// identifier Key ("Type.Method" and "Type.field" too), else "false".
	KindDeclared Kind = "declared"
	// KindCompile: "ok", or the first error of the compiler or linker, when the
	// toolchain builds Code, a file of package main. Key: extra arguments of go
	// build, separated by spaces.
	KindCompile Kind = "compile"
	// KindAsm: whether the assembly of Code (go build -gcflags=-S), a file of
	// package main, matches Key, a regular expression: "true" or "false".
	KindAsm Kind = "asm"
	// KindTool: what a command of the toolchain says: Name are the arguments of
	// go, separated by spaces, run in a module whose only file is Code. Key is
	// "status" or "output".
	KindTool Kind = "tool"
)

// ID identifies a measurement.
func (m Measure) ID() string {
	id := string(m.Kind) + " " + m.Name
	if m.Key != "" {
		id += " " + m.Key
	}
	if m.Code != "" {
		id += " " + m.Code
	}
	return id
}

// Observed measures a field of a scenario's row.
func Observed(scenario, field string) Measure { return Measure{KindScenario, scenario, field, ""} }

// Probed measures a key of a probe.
func Probed(probe, key string) Measure { return Measure{KindProbe, probe, key, ""} }

// Source measures whether a declaration in the toolchain's source matches.
func Source(file, decl, pattern string) Measure { return Measure{KindSource, file, decl, pattern} }

// Declared measures whether a package declares an identifier.
func Declared(pkg, name string) Measure { return Measure{KindDeclared, pkg, name, ""} }

// Compiled measures what the compiler says of a program.
func Compiled(code string, args ...string) Measure {
	return Measure{KindCompile, "", strings.Join(args, " "), code}
}

// Assembly measures whether the assembly of a program matches.
func Assembly(code, pattern string) Measure { return Measure{KindAsm, "", pattern, code} }

// Tool measures the status or output of a go command in a module with one file.
func Tool(args, key, code string) Measure { return Measure{KindTool, args, key, code} }

// All lists every claim in the order of the articles.
func All() []Claim {
	var all []Claim
	for _, list := range [][]Claim{a0Panic, a0Defer, a1, a2, a3, a4Leaks, a4Stack, a4Frames, a4Signals, a4Native, a4Sched} {
		all = append(all, list...)
	}
	return all
}
