package inventory

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/analysis/driver"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A Finding is what backstop vet says of a line.
type Finding struct {
	Rule    string `json:"rule"`
	Tier    string `json:"tier"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
	// Package is the import path; "" when it is not known.
	Package string `json:"package,omitempty"`
	// Path and Related are other places that the finding is about, such as the
	// function whose recover is one call too deep.
	Path    []Line `json:"path,omitempty"`
	Related []Line `json:"related,omitempty"`
}

// A Line is a line of source.
type Line struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// maxFinding bounds a line of findings, in bytes.
const maxFinding = 4 << 20

// ReadFindings reads what backstop vet -format json writes.
func ReadFindings(r io.Reader) ([]Finding, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFinding)
	var all []Finding
	n := 1
	for ; lines.Scan(); n++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var f Finding
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return all, fmt.Errorf("line %d: %w", n, err)
		}
		if f.Rule == "" || f.File == "" {
			return all, fmt.Errorf("line %d: is no finding of backstop vet -format json", n)
		}
		all = append(all, f)
	}
	if err := lines.Err(); err != nil {
		return all, fmt.Errorf("line %d: %w", n, err)
	}
	return all, nil
}

// FromDriver takes the findings of a run of vet.
func FromDriver(list []driver.Finding) []Finding {
	all := make([]Finding, 0, len(list))
	for _, f := range list {
		all = append(all, Finding{
			Rule: f.Rule, Tier: string(f.Tier), File: f.File, Line: f.Line, Message: f.Message, Package: f.Package,
			Path: linesOf(f.Path), Related: linesOf(f.Related),
		})
	}
	return all
}

func linesOf(places []driver.Place) (lines []Line) {
	for _, p := range places {
		lines = append(lines, Line{p.File, p.Line})
	}
	return lines
}

// Compare sets beside what was seen what vet says of the same lines, and lists
// what it says of others.
func (inv *Inventory) Compare(findings []Finding) {
	x := newIndex(findings)
	inv.Vetted = true
	for i := range inv.Swallowers {
		s := &inv.Swallowers[i]
		s.Vet = x.within(s.By)
		for j := range s.Panics {
			s.Panics[j].Vet = x.on(s.Panics[j].At)
		}
	}
	for i := range inv.Vain {
		g := &inv.Vain[i]
		g.Vet = x.within(g.By)
		for _, c := range g.Callers {
			g.Vet = merge(g.Vet, x.on(c))
		}
	}
	for i := range inv.Entries {
		e := &inv.Entries[i]
		e.Vet = merge(x.on(e.CreatedBy), x.on(e.At))
	}
	for i := range inv.Exits {
		inv.Exits[i].Vet = x.on(inv.Exits[i].At)
	}
	for i, f := range findings {
		if !x.met[i] && observable(f.Rule) {
			inv.NotSeen = append(inv.NotSeen, f)
		}
	}
}

// merge joins lists, each finding once.
func merge(a, b []Finding) []Finding {
	for _, f := range b {
		if !slices.ContainsFunc(a, func(g Finding) bool {
			return f.Rule == g.Rule && f.File == g.File && f.Line == g.Line && f.Message == g.Message
		}) {
			a = append(a, f)
		}
	}
	return a
}

// observable reports whether a rule is about what a trace can show: guards,
// goroutines without one, exits.
func observable(rule string) bool {
	switch rule {
	case "aborthandler", "callback-unguarded", "goroutine-unguarded", "handler-spawn", "handler-panic", "exit-skips-defer", "exit-outside-main", "panic-on-fault":
		return true
	}
	return strings.HasPrefix(rule, "recover-") || strings.HasPrefix(rule, "guard-") || strings.HasPrefix(rule, "repanic-")
}

// An index finds findings by the last two elements of their file's path:
// executables name files as the compiler saw them, with -trimpath as
// "example.com/shop/cart/cart.go", and vet relative to where it ran.
type index struct {
	all []Finding
	by  map[string][]spot // by the name of the file
	met []bool
}

// A spot is one place of a finding.
type spot struct {
	finding int
	Line
}

func newIndex(findings []Finding) *index {
	x := &index{all: findings, by: make(map[string][]spot), met: make([]bool, len(findings))}
	for i, f := range findings {
		seen := make(map[Line]bool)
		for _, l := range slices.Concat([]Line{{f.File, f.Line}}, f.Path, f.Related) {
			if !seen[l] {
				seen[l] = true
				base := path.Base(filepath.ToSlash(l.File))
				x.by[base] = append(x.by[base], spot{i, l})
			}
		}
	}
	return x
}

// sameFile reports whether a file that vet names is one that an executable names:
// the shorter path ends the longer one. For a path of one element the import path
// of the package decides, where it is known.
func sameFile(f *Finding, file, name, fn string) bool {
	a, b := strings.Split(path.Clean(filepath.ToSlash(file)), "/"), strings.Split(path.Clean(filepath.ToSlash(name)), "/")
	for len(a) > 0 && (a[0] == ".." || a[0] == "." || a[0] == "") {
		a = a[1:]
	}
	n := min(len(a), len(b))
	if n == 0 || !slices.Equal(a[len(a)-n:], b[len(b)-n:]) {
		return false
	}
	if f.Package == "" || f.Package == "main" || file != f.File {
		return true
	}
	pkg := packageOf(fn)
	return pkg == "" || pkg == "main" || pkg == f.Package || f.Package == pkg+"_test"
}

// packageOf is the import path in a function's name.
func packageOf(fn string) string {
	head := fn
	if i := strings.IndexAny(head, "[("); i > 0 {
		head = head[:i]
	}
	slash := strings.LastIndexByte(head, '/') + 1
	dot := strings.IndexByte(head[slash:], '.')
	if dot < 0 {
		return ""
	}
	// The linker escapes dots in the last element of the path.
	return strings.ReplaceAll(fn[:slash+dot], "%2e", ".")
}

// within returns the findings in the function of a place.
func (x *index) within(p *trace.Place) []Finding {
	if p == nil {
		return nil
	}
	first, last := p.Start, max(p.End, p.Line)
	if first == 0 {
		first = p.Line
	}
	return x.between(p, first, last)
}

// on returns the findings on the line of a place.
func (x *index) on(p *trace.Place) []Finding {
	if p == nil {
		return nil
	}
	return x.between(p, p.Line, p.Line)
}

func (x *index) between(p *trace.Place, first, last int) (list []Finding) {
	for _, s := range x.by[path.Base(filepath.ToSlash(p.File))] {
		f := &x.all[s.finding]
		if s.Line.Line >= first && s.Line.Line <= last && sameFile(f, s.File, p.File, p.Func) {
			list = merge(list, []Finding{*f})
			x.met[s.finding] = true
		}
	}
	return list
}
