package surface

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/backstop-go/backstop/analysis/surface/internal/flow"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// A walk is what one entry reaches, with the way there.
type walk struct {
	from map[flow.FuncID]back
	hits []siteID // nearest first
}

// back is how a function was reached.
type back struct {
	fn   flow.FuncID
	pos  summary.Pos
	root bool
}

// measure walks from each entry to the sites, and makes sets of the sites that
// the same unguarded entries reach.
func (m *maker) measure() {
	byEntries := make(map[siteID][]int)
	walks := make([]*walk, len(m.report.Entries))
	for i := range m.report.Entries {
		e := &m.report.Entries[i]
		if e.Guarded && e.Guard != guards[summary.Guarded] {
			continue // contained by who calls it
		}
		w := m.walk(m.targets[i])
		for _, id := range w.hits {
			e.Sites++
			if e.Guarded && weights[min(int(m.site(id).Grade), len(weights)-1)] > 0 {
				e.Guarded, e.Guard = false, partial
			}
			if m.site(id).Grade == uint32(len(weights)-1) {
				e.Likely++
			}
			byEntries[id] = append(byEntries[id], i)
		}
		m.example(e, w)
		walks[i] = w
	}
	m.sets(byEntries, walks)
	m.rank()
}

// partial is a guard that comes late, or only under a condition: something that
// counts happens without it.
const partial = "partial"

func (m *maker) site(id siteID) *summary.Site { return &m.g.Funcs[id.fn].Sum.Sites[id.n] }

// walk finds the shortest ways. A step outside the program's own code is taken for
// several: a way through the standard library is by types only, more often than not.
func (m *maker) walk(targets []flow.FuncID) *walk {
	w := &walk{from: make(map[flow.FuncID]back)}
	done := m.marks()
	rounds := make([][]arrow, 1, 64) // by length of the way
	for _, t := range targets {
		rounds[0] = append(rounds[0], arrow{to: t, back: back{root: true}})
	}
	for far := 0; far < len(rounds); far++ {
		for i := 0; i < len(rounds[far]); i++ {
			a := rounds[far][i]
			before := done.get(a.to)
			if before != 0 && before <= a.abroad+1 {
				continue
			}
			done.set(a.to, a.abroad+1)
			if before == 0 {
				w.from[a.to] = a.back
				m.exposed[a.to] = true
				m.sites(a.to, func(id siteID, _ *summary.Site) { w.hits = append(w.hits, id) })
			}
			for _, e := range m.g.Funcs[a.to].Out {
				if e.Covered || !m.worth[e.To] && !m.mine(e.To) || m.vague(a.to, e.To) {
					continue
				}
				abroad := m.abroad(a.abroad, e.To)
				if before := done.get(e.To); abroad > deep || before != 0 && before <= abroad+1 {
					continue
				}
				at := far + m.cost(e.To)
				for len(rounds) <= at {
					rounds = append(rounds, nil)
				}
				rounds[at] = append(rounds[at], arrow{e.To, abroad, back{fn: a.to, pos: e.Pos}})
			}
		}
	}
	return w
}

// deep is how many functions of other people a way may pass, one after the other,
// before it is taken to be one that only types know.
const deep = 6

// abroad counts the functions of other people, one after the other.
func (m *maker) abroad(so uint32, to flow.FuncID) uint32 {
	switch {
	case m.mine(to):
		return 0
	case m.g.Funcs[to].Virtual:
		return so
	}
	return so + 1
}

// many is how many functions a call in other people's code may call by types
// before it is taken to tell nothing.
const many = 8

// vague reports whether a call is one by other people's code of a method, or of a
// function value, that may be many: what io.Copy reads from. By types each caller
// of io.Copy reaches every reader of the program.
func (m *maker) vague(from, to flow.FuncID) bool {
	f := &m.g.Funcs[to]
	return f.Virtual && len(f.Out) > many && !m.g.Funcs[from].Virtual && !m.mine(from)
}

// marks says something of functions, and is cheap to clear.
type marks struct {
	of  []uint64
	now uint64
}

func (m *maker) marks() *marks {
	if m.seen.of == nil {
		m.seen.of = make([]uint64, len(m.g.Funcs))
	}
	m.seen.now++
	return &m.seen
}

func (s *marks) get(fn flow.FuncID) uint32 {
	if v := s.of[fn]; v>>32 == s.now {
		return uint32(v)
	}
	return 0
}

func (s *marks) set(fn flow.FuncID, v uint32) { s.of[fn] = s.now<<32 | uint64(v) }

type arrow struct {
	to     flow.FuncID
	abroad uint32 // functions of other people that were passed last
	back   back
}

// cost is how long a step to the function is.
func (m *maker) cost(to flow.FuncID) int {
	switch f := &m.g.Funcs[to]; {
	case f.Virtual && everyday[f.Name]:
		return 2
	case f.Virtual:
		return 0
	case m.mine(to):
		return 1
	}
	return 4
}

// example gives an entry the way to the nearest of its most plausible sites.
func (m *maker) example(e *Entry, w *walk) {
	best := -1
	for i, id := range w.hits {
		if best < 0 || m.site(id).Grade > m.site(w.hits[best]).Grade {
			best = i
		}
	}
	if best < 0 {
		return
	}
	site := m.tell(w.hits[best])
	e.Site, e.Path = &site, m.path(w, w.hits[best].fn)
}

func (m *maker) tell(id siteID) Site {
	f, s := &m.g.Funcs[id.fn], m.site(id)
	out := Site{Kind: s.Kind, Grade: grades[min(int(s.Grade), len(grades)-1)], Why: s.Why, Function: f.Name, Package: f.Pkg.Path}
	out.File, out.Line = m.file(f.Pkg, s.Pos)
	return out
}

// path is the way of a walk to a function. Each step says where the step before
// calls it; virtual functions are left out.
func (m *maker) path(w *walk, to flow.FuncID) []Step {
	var steps []Step
	for {
		b := w.from[to]
		f := &m.g.Funcs[to]
		step := Step{Function: plain(f.Name)}
		if b.root {
			if f.Sum != nil {
				step.File, step.Line = m.file(f.Pkg, f.Sum.Pos)
			}
			steps = append(steps, step)
			break
		}
		from, pos := b.fn, b.pos
		for m.g.Funcs[from].Virtual && !w.from[from].root {
			from, pos = w.from[from].fn, w.from[from].pos
		}
		if p := m.g.Funcs[from].Pkg; p != nil {
			step.File, step.Line = m.file(p, pos)
		}
		steps = append(steps, step)
		if m.g.Funcs[from].Virtual {
			break
		}
		to = from
	}
	slices.Reverse(steps)
	// A wrapper of a method has its name.
	return slices.CompactFunc(steps, func(a, b Step) bool { return a.Function == b.Function })
}

// sets groups sites by the entries that reach them, in each package.
func (m *maker) sets(byEntries map[siteID][]int, walks []*walk) {
	groups := make(map[string]*Set)
	first := make(map[string]siteID)
	ids := make([]siteID, 0, len(byEntries))
	for id := range byEntries {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b siteID) int {
		return cmp.Or(cmp.Compare(m.site(b).Grade, m.site(a).Grade), cmp.Compare(a.fn, b.fn), cmp.Compare(a.n, b.n))
	})
	var keys []string
	for _, id := range ids {
		pkg := m.g.Funcs[id.fn].Pkg.Path
		key := []byte(pkg)
		for _, e := range byEntries[id] {
			key = binary.AppendUvarint(key, uint64(e))
		}
		s := groups[string(key)]
		if s == nil {
			s = &Set{Package: pkg, Entries: byEntries[id], FanIn: len(byEntries[id])}
			groups[string(key)], first[string(key)] = s, id
			keys = append(keys, string(key))
			s.Grade = grades[min(int(m.site(id).Grade), len(grades)-1)]
			s.Number = weights[min(int(m.site(id).Grade), len(weights)-1)] * s.FanIn
			s.Path = m.path(walks[s.Entries[0]], id.fn)
		}
		s.Sites = append(s.Sites, m.tell(id))
	}
	for _, k := range keys {
		m.report.Sets = append(m.report.Sets, *groups[k])
	}
	slices.SortStableFunc(m.report.Sets, func(a, b Set) int { return cmp.Compare(b.Number, a.Number) })
}

// rank sorts entries by what they add to the number, and joins entries and sets.
func (m *maker) rank() {
	r := m.report
	for i := range r.Sets {
		for _, e := range r.Sets[i].Entries {
			r.Entries[e].Number += r.Sets[i].Number / r.Sets[i].FanIn
		}
	}
	order := make([]int, len(r.Entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &r.Entries[a], &r.Entries[b]
		return cmp.Or(cmp.Compare(y.Number, x.Number), cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Function, y.Function))
	})
	at := make([]int, len(order))
	entries := make([]Entry, len(order))
	for to, from := range order {
		at[from], entries[to] = to, r.Entries[from]
	}
	r.Entries = entries
	for i := range r.Sets {
		s := &r.Sets[i]
		for j, e := range s.Entries {
			s.Entries[j] = at[e]
			r.Entries[at[e]].Sets = append(r.Entries[at[e]].Sets, i)
		}
		slices.Sort(s.Entries)
	}
}

// count sums up packages and modules.
func (m *maker) count() {
	packages, modules := make(map[string]*Count), make(map[string]*Count)
	get := func(in map[string]*Count, name string) *Count {
		if in[name] == nil {
			in[name] = &Count{Name: name}
		}
		return in[name]
	}
	moduleOf := make(map[string]string)
	for s, p := range m.packages {
		if p.Own {
			moduleOf[s.Path] = p.Module
			get(packages, s.Path)
		}
	}
	for _, e := range m.report.Entries {
		for _, c := range []*Count{get(packages, e.Package), get(modules, e.Module)} {
			c.Entries++
			if !e.Guarded {
				c.Unguarded++
			}
			if !e.Guarded && e.Number > 0 {
				c.Exposed++
			}
		}
	}
	for _, s := range m.report.Sets {
		for _, c := range []*Count{get(packages, s.Package), get(modules, moduleOf[s.Package])} {
			c.Number += s.Number
			c.Sites += len(s.Sites)
		}
		m.report.Number += s.Number
	}
	m.report.Packages, m.report.Modules = ordered(packages), ordered(modules)
}

func ordered(counts map[string]*Count) []Count {
	var list []Count
	for _, c := range counts {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Number, a.Number), cmp.Compare(a.Name, b.Name))
	})
	return list
}
