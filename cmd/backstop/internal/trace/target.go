package trace

import (
	"strings"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
	"github.com/backstop-go/backstop/internal/host"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// maxUnwinders is how many places an executable may be loaded at for which the
// frames are remembered. A position-independent one is somewhere else in each
// process.
const maxUnwinders = 64

// A Target is an executable that is traced.
type Target struct {
	Path      string
	GoVersion string
	Release   string // from its build information; "" when there is none
	Build     event.Build

	file      *gobin.File
	layout    *layout.Layout
	unwinders map[uint64]*goproc.Unwinder
	ends      map[uint64]int // last lines of functions, by their entry
}

// NewTarget describes an executable for an [Engine], which reads the file as long
// as it is in use.
func NewTarget(path string, file *gobin.File, l *layout.Layout) *Target {
	t := &Target{
		Path: path, GoVersion: file.GoVersion(), file: file, layout: l,
		unwinders: make(map[uint64]*goproc.Unwinder), ends: make(map[uint64]int),
	}
	if info, err := file.BuildInfo(); err == nil { // built without: nothing depends on it
		t.Build, t.Release = host.BuildOf(info)
	}
	t.Build.GoVersion, t.Build.OS, t.Build.Arch = t.GoVersion, "linux", file.Arch()
	return t
}

// program is the executable where a process has it.
func (t *Target) program(bias uint64) *goproc.Program {
	return &goproc.Program{File: t.file, Bias: bias, Layout: t.layout}
}

func (t *Target) unwinder(bias uint64) *goproc.Unwinder {
	u := t.unwinders[bias]
	if u == nil {
		if len(t.unwinders) >= maxUnwinders {
			clear(t.unwinders)
		}
		u = goproc.NewUnwinder(t.program(bias))
		t.unwinders[bias] = u
	}
	return u
}

// lastLine is the last line of a function that has code; 0 when it is not known.
func (t *Target) lastLine(entry uint64) int {
	if n, ok := t.ends[entry]; ok {
		return n
	}
	if len(t.ends) >= maxSites {
		clear(t.ends)
	}
	last := 0
	if fn, err := t.file.FuncAt(entry); err == nil {
		if lines, err := t.file.Lines(fn); err == nil && len(lines) > 0 {
			last = lines[len(lines)-1].Number
		}
	}
	t.ends[entry] = last
	return last
}

// hidden reports whether a traceback leaves a function out: what the runtime does
// not export, below a panic (runtime/traceback.go, showframe).
func hidden(name string) bool {
	rest, ok := strings.CutPrefix(name, "runtime.")
	if !ok {
		return false
	}
	if method, isMethod := strings.CutPrefix(rest, "(*"); isMethod {
		rest = method
		if _, method, ok := strings.Cut(rest, ")."); ok && !exported(method) {
			return true
		}
	}
	return !exported(rest)
}

func exported(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }
