// Package doctor finds out which ways of capturing crashes work: on this host, in
// this container, for an executable or for a running process. Start with
// [Examine]; [Report.Text] draws what it found.
//
// Every answer comes from a probe: what can be tried is tried, with a child
// process that ends at once, a file that is removed, a request that creates
// nothing. It changes nothing and repairs nothing.
package doctor

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// A Status is how a check went.
type Status string

// OK is as it should be, Degraded works with less, Missing lacks something
// without which crashes go unreported, Info is neither good nor bad.
const (
	OK       Status = "ok"
	Degraded Status = "degraded"
	Missing  Status = "missing"
	Info     Status = "info"
)

// A Check is one thing that was looked at.
type Check struct {
	Group  string `json:"group"`
	Name   string `json:"name"` // in JSON with underscores
	Status Status `json:"status"`
	Detail string `json:"detail"`         // what was found
	Hint   string `json:"hint,omitempty"` // what to do about it
}

// MarshalJSON writes the name as JSON has names.
func (c Check) MarshalJSON() ([]byte, error) {
	type plain Check
	c.Name = snake(c.Name)
	return json.Marshal(plain(c))
}

func snake(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '/' {
			return '_'
		}
		return r
	}, strings.ToLower(name)), "_")
}

// Works says whether a way of capturing works.
type Works string

// Values of Works.
const (
	Yes    Works = "yes"
	Partly Works = "partly"
	No     Works = "no"
)

// A Path is a way by which crashes, or what belongs to them, are captured.
type Path struct {
	Name  string `json:"name"`
	Works Works  `json:"works"`
	Why   string `json:"why"`
}

// MarshalJSON writes the name as JSON has names.
func (p Path) MarshalJSON() ([]byte, error) {
	type plain Path
	p.Name = snake(p.Name)
	return json.Marshal(plain(p))
}

// A Report is the outcome of an examination.
type Report struct {
	Target   string  `json:"target"` // "host", "executable" or "process"
	Path     string  `json:"path,omitempty"`
	PID      int     `json:"pid,omitempty"`
	Checks   []Check `json:"checks"`
	Paths    []Path  `json:"paths"`
	Degraded int     `json:"degraded"` // checks that are
	Missing  int     `json:"missing"`
}

// Options say what to examine. The zero value is this host.
type Options struct {
	Executable string // a file
	PID        int    // a running process, whose executable is examined too
	Collector  string // URL; "" asks nobody
	Key        string
	Spool      string // directory; "" looks where the SDK would
}

// Examine makes every check that applies. The error says that there is no such
// process or executable.
func Examine(ctx context.Context, o Options) (*Report, error) {
	x := &examiner{options: o, pid: os.Getpid(), env: ownEnvironment()}
	r := &x.report
	r.Target = "host"
	if o.PID != 0 {
		x.pid = o.PID
		if err := x.openProcess(); err != nil {
			return nil, err
		}
		r.Target, r.PID = "process", x.pid
	}
	if o.Executable != "" {
		r.Target, r.Path = "executable", o.Executable
	}
	if x.options.Executable != "" {
		if err := x.openProgram(); err != nil {
			return nil, err
		}
		defer x.program.close()
	}
	x.host()
	x.container()
	x.environment()
	x.delivery(ctx)
	x.outside(ctx)
	if x.program != nil {
		x.executable()
	}
	if o.PID != 0 {
		x.process()
	}
	x.paths()
	for _, c := range r.Checks {
		switch c.Status {
		case Degraded:
			r.Degraded++
		case Missing:
			r.Missing++
		case OK, Info:
		}
	}
	return r, nil
}

// An examiner makes the checks and remembers what later ones depend on.
type examiner struct {
	options Options
	root    string // before every path that is read; tests have a tree of files
	pid     int    // whose cgroups and limits count
	env     environment
	program *program // nil when only the host is examined
	report  Report

	found struct {
		spool, reexec, crashOutput, memory, goid bool
		pidfd, exitStatus                        bool
		pidOne                                   bool // PID 1 is a program that dies
		oomCounter, oomGroup                     bool
		supervised, monitored                    bool
		outside                                  fromOutside
	}
}

// add notes a check.
func (x *examiner) add(group, name string, s Status, detail, hint string) {
	x.report.Checks = append(x.report.Checks, Check{group, name, s, detail, hint})
}

// read returns a small file without its last line end, "" if there is none.
func (x *examiner) read(path string) string {
	data, err := os.ReadFile(x.path(path))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

func (x *examiner) path(path string) string {
	if x.root == "" {
		return path
	}
	return filepath.Join(x.root, path)
}

func (x *examiner) exists(path string) bool {
	_, err := os.Stat(x.path(path))
	return err == nil
}
