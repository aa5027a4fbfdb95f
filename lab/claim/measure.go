package claim

import "strings"

// A Measure is something that can be measured on a toolchain. Its value is text.
//
// Code that is built is one file, main.go; or several, each behind a line
// "-- name --". A go.mod is added where there is none: its go line is the
// variant's, else 1.21.
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
	// KindScenario: a field of the scenario's row, named as in its JSON: exit,
	// signal, recovered, recovered_value, deferred, returned, headline,
	// crash_output, stderr_traceback, guarded_exit, guarded_signal, memory_bytes,
	// cpu_us, wall_us; "class" is what package crash found; "stderr" and "stdout"
	// are the text of the plain run, "guarded_stderr" and "guarded_stdout" that of
	// the run under a deferred recover. What has no value is "null".
	KindScenario Kind = "scenario"
	// KindProbe: a key that the probe prints: Name is the probe, Key the key.
	KindProbe Kind = "probe"
	// KindSource: whether the toolchain's own source matches: Name is a file below
	// GOROOT/src, or a package directory, of which the files count that are built
	// here; Key a function ("gopanic", "mutex.Lock" or "(*mutex).Lock"), a type, a
	// variable or constant, in assembly a TEXT symbol, "" for all of it; Code a
	// regular expression over the text without comments, in which "(?s)" lets a
	// dot match line breaks. "true", "false", or "absent" when there is no such
	// file or declaration.
	KindSource Kind = "source"
	// KindDeclared: "true" when package Name declares the exported or unexported
	// identifier Key ("Type.Method" and "Type.field" too) in a file that is built
	// here, else "false".
	KindDeclared Kind = "declared"
	// KindCompile: "ok", or the first error of the compiler or linker without its
	// position, when the toolchain builds Code. Key: extra arguments of go build,
	// separated by spaces that are not within single quotes.
	KindCompile Kind = "compile"
	// KindAsm: whether the assembly of Code (go build -gcflags=-S) matches Key, a
	// regular expression: "true" or "false".
	KindAsm Kind = "asm"
	// KindTool: what a go command says: Name are its arguments, separated as those
	// of KindCompile, run in a module of Code. Key is "status", the exit status, or
	// "output", all it printed.
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

// String is for people, in one line; code is left out.
func (m Measure) String() string {
	switch m.Kind {
	case KindScenario:
		return m.Key + " of scenario " + m.Name
	case KindProbe:
		return m.Key + " of probe " + m.Name
	case KindSource:
		if m.Key == "" {
			return m.Name + " has /" + m.Code + "/"
		}
		return m.Key + " in " + m.Name + " has /" + m.Code + "/"
	case KindDeclared:
		return m.Name + " declares " + m.Key
	case KindCompile:
		return strings.TrimSpace("go build "+m.Key) + " of a program"
	case KindAsm:
		return "assembly of a program has /" + m.Key + "/"
	case KindTool:
		return m.Key + " of go " + m.Name
	}
	return m.ID()
}

// FollowsVariant is false for source and declarations: they are the same whatever
// a program is built or run with.
func (m Measure) FollowsVariant() bool {
	return m.Kind != KindSource && m.Kind != KindDeclared
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

// Tool measures the status or output of a go command in a module.
func Tool(args, key, code string) Measure { return Measure{KindTool, args, key, code} }
