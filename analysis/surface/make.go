package surface

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/surface/internal/flow"
	"github.com/backstop-go/backstop/analysis/surface/internal/std"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// A Package is one package of the program.
type Package struct {
	Summary *summary.Summary
	Module  string
	Own     bool // it is what the surface is asked of, rather than a dependency

	// Accepted are lines of its files, "serve.go:12", at which a comment says that a
	// goroutine may end the process: its entries count as guarded.
	Accepted map[string]bool
}

// Make links the packages of a program. Packages of the standard library are not
// among them: a table has those. Packages of the same module as one that is the
// program's own are its own too.
func Make(program []Package) (*Report, error) {
	table, err := std.Summaries()
	if err != nil {
		return nil, err
	}
	m := &maker{report: &Report{Version: 1}, packages: make(map[*summary.Summary]*Package)}
	own := make(map[string]bool)
	for _, p := range program {
		own[p.Module] = own[p.Module] || p.Own && p.Module != ""
	}
	all := slices.Clone(table)
	for i := range program {
		p := program[i]
		p.Own = p.Own || own[p.Module]
		m.packages[p.Summary] = &p
		m.commands = m.commands || p.Own && p.Summary.Name == "main"
		all = append(all, p.Summary)
	}
	m.g = flow.Solve(all, m.owns)
	m.own, m.exposed = make([]bool, len(m.g.Funcs)), make([]bool, len(m.g.Funcs))
	for i := range m.g.Funcs {
		m.own[i] = m.g.Funcs[i].Sum != nil && m.owns(m.g.Funcs[i].Pkg)
	}
	m.useful()
	m.entries()
	m.measure()
	m.external()
	m.unknown(table)
	m.count()
	return m.report, nil
}

type maker struct {
	report   *Report
	g        *flow.Graph
	packages map[*summary.Summary]*Package
	commands bool            // there is a package main among the program's own
	targets  [][]flow.FuncID // by entry: what runs
	worth    []bool          // by function: it reaches something that counts
	exposed  []bool          // by function: an unguarded entry reaches it
	own      []bool          // by function: it is the program's
	seen     marks
}

// A siteID is a site of a function.
type siteID struct {
	fn flow.FuncID
	n  int
}

func (m *maker) owns(s *summary.Summary) bool {
	p := m.packages[s]
	return p != nil && p.Own
}

// mine reports whether a function is of the program's own code.
func (m *maker) mine(fn flow.FuncID) bool { return m.own[fn] }

// foreign is the module of a function, when that is neither the program's nor the
// standard library.
func (m *maker) foreign(fn flow.FuncID) (string, bool) {
	f := &m.g.Funcs[fn]
	if f.Sum == nil {
		return "", false
	}
	p := m.packages[f.Pkg]
	if p == nil || p.Own {
		return "", false
	}
	return p.Module, true
}

// sites yields what counts of a function: its own sites, and of other modules
// explicit panics, as far as it does not recover them itself.
func (m *maker) sites(fn flow.FuncID, yield func(siteID, *summary.Site)) {
	f := &m.g.Funcs[fn]
	if f.Sum == nil || !m.mine(fn) {
		return
	}
	for i := range f.Sum.Sites {
		if s := &f.Sum.Sites[i]; !s.Covered {
			yield(siteID{fn, i}, s)
		}
	}
}

// useful finds the functions that reach a site, so that walks may leave out the
// others: nearly all.
func (m *maker) useful() {
	callers := make([][]flow.FuncID, len(m.g.Funcs))
	for fn := range m.g.Funcs {
		for _, e := range m.g.Funcs[fn].Out {
			if !e.Covered && !m.vague(flow.FuncID(fn), e.To) {
				callers[e.To] = append(callers[e.To], flow.FuncID(fn))
			}
		}
	}
	m.worth = make([]bool, len(m.g.Funcs))
	var work []flow.FuncID
	for fn := range m.g.Funcs {
		m.sites(flow.FuncID(fn), func(siteID, *summary.Site) { m.worth[fn] = true })
		if m.worth[fn] {
			work = append(work, flow.FuncID(fn))
		}
	}
	for len(work) > 0 {
		fn := work[len(work)-1]
		work = work[:len(work)-1]
		for _, c := range callers[fn] {
			if !m.worth[c] {
				m.worth[c] = true
				work = append(work, c)
			}
		}
	}
}

// file is where a place in a package is, relative to its module.
func (m *maker) file(s *summary.Summary, pos summary.Pos) (string, int) {
	if pos.Line == 0 || int(pos.File) >= len(s.Files) {
		return "", 0
	}
	dir := s.Path
	if p := m.packages[s]; p != nil && p.Own {
		dir = strings.TrimPrefix(strings.TrimPrefix(dir, p.Module), "/")
	}
	return path.Join(dir, s.Files[pos.File]), int(pos.Line)
}

// external lists the calls of other modules, and whether a panic in them reaches
// a guard.
func (m *maker) external() {
	reach := m.panicking()
	found := make(map[flow.FuncID]*External)
	for id := range m.g.Funcs {
		f := &m.g.Funcs[id]
		if !f.Active || !m.mine(flow.FuncID(id)) {
			continue
		}
		for _, e := range f.Out {
			m.few(e.To, func(to flow.FuncID) {
				module, ok := m.foreign(to)
				if !ok {
					return
				}
				x := found[to]
				contained := e.Covered || !m.exposed[flow.FuncID(id)]
				if x == nil {
					x = &External{Function: m.g.Funcs[to].Name, Module: module, Sites: reach[to]}
					found[to] = x
				}
				if x.File == "" || !contained && x.Contained == x.Calls {
					x.File, x.Line = m.file(f.Pkg, e.Pos)
				}
				x.Calls++
				if contained {
					x.Contained++
				}
			})
		}
	}
	for _, x := range found {
		m.report.Calls = append(m.report.Calls, *x)
	}
	slices.SortFunc(m.report.Calls, func(a, b External) int {
		return cmp.Or(
			cmp.Compare(min(b.Sites, 1)*(b.Calls-b.Contained), min(a.Sites, 1)*(a.Calls-a.Contained)),
			cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Function, b.Function))
	})
}

// eachTarget replaces virtual functions by what they stand for.
func (m *maker) eachTarget(fn flow.FuncID, yield func(flow.FuncID)) {
	if m.g.Funcs[fn].Virtual {
		m.g.Callees(fn, yield)
	} else {
		yield(fn)
	}
}

// few is eachTarget where it says which functions are called.
func (m *maker) few(fn flow.FuncID, yield func(flow.FuncID)) {
	if len(m.g.Funcs[fn].Out) <= many || !m.g.Funcs[fn].Virtual {
		m.eachTarget(fn, yield)
	}
}

// panicking counts for functions of other modules the explicit panics that they
// reach by calls that are known.
func (m *maker) panicking() map[flow.FuncID]int {
	memo := make(map[flow.FuncID]int)
	count := func(from flow.FuncID) int {
		total, seen, work := 0, m.marks(), []flow.FuncID{from}
		seen.set(from, 1)
		for len(work) > 0 {
			fn := work[len(work)-1]
			work = work[:len(work)-1]
			f := &m.g.Funcs[fn]
			if f.Sum != nil {
				for _, s := range f.Sum.Sites {
					if s.Kind == "explicit" && !s.Covered && s.Grade > 0 {
						total++
					}
				}
			}
			for _, e := range f.Out {
				if _, ok := m.foreign(e.To); ok && !e.Covered && seen.get(e.To) == 0 {
					seen.set(e.To, 1)
					work = append(work, e.To)
				}
			}
		}
		return total
	}
	for id := range m.g.Funcs {
		if !m.mine(flow.FuncID(id)) {
			continue
		}
		for _, e := range m.g.Funcs[id].Out {
			m.few(e.To, func(to flow.FuncID) {
				if _, ok := m.foreign(to); ok {
					if _, known := memo[to]; !known {
						memo[to] = count(to)
					}
				}
			})
		}
	}
	return memo
}

// unknown lists the functions that are called and that no summary has. Functions
// of the standard library that the table does not have are assembly.
func (m *maker) unknown(table []*summary.Summary) {
	library := make(map[string]bool)
	for _, s := range table {
		library[s.Path] = true
	}
	calls := make(map[string]int)
	for i, e := range m.g.Unknown {
		name := m.g.Funcs[e.To].Name
		if m.packages[m.g.Funcs[m.g.From[i]].Pkg] != nil && !library[packageOf(name)] {
			calls[name]++
		}
	}
	for name, n := range calls {
		m.report.Unknown = append(m.report.Unknown, Unknown{Function: name, Calls: n})
	}
	slices.SortFunc(m.report.Unknown, func(a, b Unknown) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Function, b.Function))
	})
}

// packageOf is the import path in the name of a function.
func packageOf(name string) string {
	name = strings.TrimLeft(name, "(*")
	slash := strings.LastIndexByte(strings.SplitN(name, "[", 2)[0], '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return name
	}
	return name[:slash+dot]
}
