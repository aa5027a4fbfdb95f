package flow

import (
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

type nodeID uint32

// A node is a place of the whole program. Nodes that hold the same are one: the
// parent is the one that counts.
type node struct {
	parent   nodeID
	has      set
	news     set // what has not been handed on
	queued   bool
	out      []arrow
	virtuals []*virtual
}

type arrow struct {
	to     nodeID
	filter filterID
}

type filterID uint32

// functionsOnly is the filter for receivers that are functions.
const functionsOnly filterID = 1

type filter struct {
	methods []nameID
	sig     nameID
	memo    []uint8 // by element: 0 not known, 1 passes, 2 does not
}

type nameID uint32

type nodeKey struct {
	kind  summary.Kind
	name  nameID
	index uint32
}

// An element is what flows: a type with methods, or a function.
type element struct {
	fn      FuncID
	typ     *typ
	pointer bool
}

type typ struct {
	name    string
	sum     *summary.Type
	pkg     *unit
	methods map[nameID]methodOf
}

type methodOf struct {
	fn      FuncID
	pointer bool
}

type elementKey struct {
	name          nameID
	isFn, pointer bool
}

// A unit is a package while it is linked.
type unit struct {
	sum     *summary.Summary
	nodes   []nodeID // of the summary's nodes, 0 while nobody asked
	filters []filterID
	init    FuncID
	active  bool
}

type solver struct {
	g        *Graph
	units    []*unit
	unitOf   []*unit // by FuncID
	names    map[string]nameID
	strings  []string
	funcs    map[nameID]FuncID
	nameOf   []nameID // by FuncID
	sigs     []nameID // by FuncID
	types    map[nameID]*typ
	nodes    []node
	byKey    map[nodeKey]nodeID
	elements []element
	byElem   map[elementKey]uint32
	filters  []filter
	byFilter map[string]filterID
	virtuals map[virtualKey]*virtual
	byFunc   map[FuncID]*virtual
	receives map[nameID]bool // functions with a receiver that holds functions
	queue    []nodeID
	pending  []FuncID // functions to activate
	edges    map[edgeKey]bool
	added    int // edges since cycles were looked for
}

type edgeKey struct {
	from, to nodeID
	filter   filterID
}

// Solve links the summaries. All functions of packages that are live are taken to
// run, and those that they reach.
func Solve(all []*summary.Summary, live func(*summary.Summary) bool) *Graph {
	s := newSolver(all)
	for _, u := range s.units {
		if live(u.sum) {
			for i := range u.sum.Funcs {
				s.activate(s.function(u.sum.Funcs[i].Name))
			}
		}
	}
	s.run()
	s.given()
	s.g.byName = make(map[string]FuncID, len(s.funcs))
	for name, id := range s.funcs {
		s.g.byName[s.strings[name]] = id
	}
	return s.g
}

func newSolver(all []*summary.Summary) *solver {
	s := &solver{
		g:        new(Graph),
		names:    make(map[string]nameID),
		funcs:    make(map[nameID]FuncID),
		types:    make(map[nameID]*typ),
		nodes:    make([]node, 1),
		byKey:    make(map[nodeKey]nodeID),
		byElem:   make(map[elementKey]uint32),
		filters:  make([]filter, 2),
		byFilter: make(map[string]filterID),
		virtuals: make(map[virtualKey]*virtual),
		byFunc:   make(map[FuncID]*virtual),
		receives: make(map[nameID]bool),
		edges:    make(map[edgeKey]bool),
	}
	s.name("") // is 0
	for _, sum := range all {
		s.load(sum)
	}
	return s
}

func (s *solver) load(sum *summary.Summary) {
	u := &unit{sum: sum, nodes: make([]nodeID, len(sum.Nodes)), filters: make([]filterID, len(sum.Filters)+1)}
	s.units = append(s.units, u)
	for i := range sum.Funcs {
		f := &sum.Funcs[i]
		id := s.function(f.Name)
		if s.g.Funcs[id].Sum != nil {
			continue // wrappers are made by every package that needs them
		}
		s.g.Funcs[id].Sum, s.g.Funcs[id].Pkg, s.unitOf[id] = f, sum, u
		s.sigs[id] = s.name(f.Sig)
	}
	u.init = s.function(sum.Path + ".init")
	for i := range sum.Types {
		t := &sum.Types[i]
		name := s.name(t.Name)
		if s.types[name] == nil {
			s.types[name] = &typ{name: t.Name, sum: t, pkg: u}
		}
	}
	for _, n := range sum.Nodes {
		if n.Kind == summary.Param && n.Index == 0 {
			s.receives[s.name(n.Name)] = true
		}
	}
}

func (s *solver) name(text string) nameID {
	if id, ok := s.names[text]; ok {
		return id
	}
	id := nameID(len(s.strings))
	s.names[text] = id
	s.strings = append(s.strings, text)
	return id
}

func (s *solver) function(name string) FuncID {
	id := s.name(name)
	if fn, ok := s.funcs[id]; ok {
		return fn
	}
	fn := s.newFunc(Func{Name: name}, id)
	s.funcs[id] = fn
	return fn
}

func (s *solver) newFunc(f Func, name nameID) FuncID {
	s.g.Funcs = append(s.g.Funcs, f)
	s.unitOf = append(s.unitOf, nil)
	s.nameOf = append(s.nameOf, name)
	s.sigs = append(s.sigs, 0)
	return FuncID(len(s.g.Funcs) - 1)
}

func (s *solver) find(n nodeID) nodeID {
	for s.nodes[n].parent != n {
		s.nodes[n].parent = s.nodes[s.nodes[n].parent].parent
		n = s.nodes[n].parent
	}
	return n
}

func (s *solver) newNode() nodeID {
	id := nodeID(len(s.nodes))
	s.nodes = append(s.nodes, node{parent: id})
	return id
}

func (s *solver) node(k nodeKey) nodeID {
	if id, ok := s.byKey[k]; ok {
		return s.find(id)
	}
	id := s.newNode()
	s.byKey[k] = id
	return id
}

// place is the program's node for one of the unit.
func (s *solver) place(u *unit, n summary.NodeID) nodeID {
	if n == 0 {
		return 0
	}
	if u.nodes[n] == 0 {
		of := u.sum.Nodes[n]
		if of.Kind == summary.Local {
			u.nodes[n] = s.newNode()
		} else {
			u.nodes[n] = s.node(nodeKey{of.Kind, s.name(of.Name), of.Index})
		}
	}
	return s.find(u.nodes[n])
}

func (s *solver) filter(u *unit, f uint32) filterID {
	if f == 0 {
		return 0
	}
	if u.filters[f] == 0 {
		of := u.sum.Filters[f-1]
		key := of.Sig
		for _, m := range of.Methods {
			key += ";" + m
		}
		id, ok := s.byFilter[key]
		if !ok {
			id = filterID(len(s.filters))
			s.byFilter[key] = id
			made := filter{sig: s.name(of.Sig)}
			for _, m := range of.Methods {
				made.methods = append(made.methods, s.name(m))
			}
			s.filters = append(s.filters, made)
		}
		u.filters[f] = id
	}
	return u.filters[f]
}

// add puts an element into a node.
func (s *solver) add(to nodeID, e uint32) {
	n := &s.nodes[to]
	if n.has.add(e) {
		n.news.add(e)
		s.enqueue(to)
	}
}

func (s *solver) enqueue(n nodeID) {
	if !s.nodes[n].queued {
		s.nodes[n].queued = true
		s.queue = append(s.queue, n)
	}
}

// edge lets all that is, and will be, in from flow to to.
func (s *solver) edge(from, to nodeID, f filterID) {
	if from == 0 || to == 0 {
		return
	}
	from, to = s.find(from), s.find(to)
	k := edgeKey{from, to, f}
	if from == to || s.edges[k] {
		return
	}
	s.edges[k] = true
	s.nodes[from].out = append(s.nodes[from].out, arrow{to, f})
	s.added++
	if len(s.nodes[from].has) > 0 {
		s.hand(s.nodes[from].has, to, f)
	}
}

// hand lets elements flow to a node.
func (s *solver) hand(elems set, to nodeID, f filterID) {
	n := &s.nodes[to]
	if f == 0 {
		if n.has.merge(elems, &n.news) {
			s.enqueue(to)
		}
		return
	}
	elems.each(func(e uint32) {
		if s.passes(f, e) {
			s.add(to, e)
		}
	})
}

func (s *solver) passes(id filterID, e uint32) bool {
	el := s.elements[e]
	if id == functionsOnly {
		return el.typ == nil
	}
	f := &s.filters[id]
	if f.sig != 0 {
		return el.typ == nil && (s.sigs[el.fn] == f.sig || s.sigs[el.fn] == 0)
	}
	if el.typ == nil {
		return true // it goes with the type that makes an interface of it
	}
	for int(e) >= len(f.memo) {
		f.memo = append(f.memo, make([]uint8, 256)...)
	}
	if f.memo[e] == 0 {
		f.memo[e] = 1
		for _, m := range f.methods {
			if _, ok := s.methodOf(el, m); !ok {
				f.memo[e] = 2
			}
		}
	}
	return f.memo[e] == 1
}

// methodOf finds the method of a type.
func (s *solver) methodOf(el element, m nameID) (FuncID, bool) {
	t := el.typ
	if t.methods == nil {
		t.methods = make(map[nameID]methodOf)
		if t.sum != nil {
			for _, m := range t.sum.Methods {
				t.methods[s.name(m.Name)] = methodOf{s.function(m.Func), m.Pointer}
			}
		}
	}
	found, ok := t.methods[m]
	return found.fn, ok && (el.pointer || !found.pointer)
}

func (s *solver) run() {
	for {
		for len(s.pending) > 0 {
			fn := s.pending[len(s.pending)-1]
			s.pending = s.pending[:len(s.pending)-1]
			s.link(fn)
		}
		if len(s.queue) == 0 {
			return
		}
		if s.added > 20000+len(s.edges)/4 {
			s.cycles()
		}
		n := s.queue[0]
		s.queue = s.queue[1:]
		s.step(n)
	}
}

// step hands on what is new in a node.
func (s *solver) step(id nodeID) {
	s.nodes[id].queued = false
	if s.find(id) != id {
		return
	}
	news := s.nodes[id].news
	s.nodes[id].news = nil
	for _, a := range s.nodes[id].out {
		if to := s.find(a.to); to != id {
			s.hand(news, to, a.filter)
		}
	}
	for i := 0; i < len(s.nodes[id].virtuals); i++ {
		v := s.nodes[id].virtuals[i]
		news.each(func(e uint32) { s.resolve(v, e) })
	}
}
