package flow

import (
	"slices"

	"github.com/backstop-go/backstop/analysis/model"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// A virtual is a function that stands for all that may be called on what a node
// holds: a method, or the functions of a type. Calls that share it share what
// they would have each anyhow.
type virtual struct {
	fn       FuncID
	name     nameID
	method   nameID // 0 for function values
	sig      nameID // 0 for any
	receiver nodeID
	plain    bool // a callback: what it is called with is told by who calls it
	params   []uint32
	results  []uint32
	targets  map[FuncID]bool
	order    []FuncID
	by       FuncID // who calls it first
	pos      summary.Pos
}

type virtualKey struct {
	node        nodeID
	method, sig nameID
	plain       bool
}

func (s *solver) virtual(on nodeID, method, sig nameID, plain bool, by FuncID, pos summary.Pos) *virtual {
	on = s.find(on)
	k := virtualKey{on, method, sig, plain}
	if v, ok := s.virtuals[k]; ok {
		return v
	}
	name := nameID(len(s.strings))
	s.strings = append(s.strings, "")
	v := &virtual{name: name, method: method, sig: sig, receiver: on, plain: plain, by: by, pos: pos, targets: make(map[FuncID]bool)}
	v.fn = s.newFunc(Func{Virtual: true, Active: true, Name: s.strings[method]}, name)
	s.virtuals[k] = v
	s.byFunc[v.fn] = v
	s.nodes[on].virtuals = append(s.nodes[on].virtuals, v)
	// What is found may flow back into the node while it is looked at.
	slices.Clone(s.nodes[on].has).each(func(e uint32) { s.resolve(v, e) })
	return v
}

// resolve lets a virtual function call what the element is, if it fits.
func (s *solver) resolve(v *virtual, e uint32) {
	el := s.elements[e]
	target := el.fn
	if v.method != 0 {
		if el.typ == nil {
			return
		}
		fn, ok := s.methodOf(el, v.method)
		if !ok {
			return
		}
		target = fn
	} else if el.typ != nil || v.sig != 0 && s.sigs[target] != 0 && s.sigs[target] != v.sig {
		return
	}
	if v.targets[target] {
		return
	}
	v.targets[target] = true
	v.order = append(v.order, target)
	s.g.Funcs[v.fn].Out = append(s.g.Funcs[v.fn].Out, Edge{To: target})
	s.activate(target)
	if v.method != 0 && s.receives[s.nameOf[target]] {
		s.edge(v.receiver, s.node(nodeKey{summary.Param, s.nameOf[target], 0}), functionsOnly)
	}
	for _, i := range v.params {
		s.pass(v, target, i)
	}
	for _, i := range v.results {
		s.yield(v, target, i)
	}
	s.callbacks(site{v.fn, v.by, v.pos, false, summary.Plain}, target, func(i uint32) (nodeID, []string) {
		if v.plain {
			return s.node(nodeKey{summary.Param, s.nameOf[target], i}), nil
		}
		return s.node(nodeKey{summary.Param, v.name, i}), nil
	})
}

func (s *solver) pass(v *virtual, target FuncID, i uint32) {
	s.edge(s.node(nodeKey{summary.Param, v.name, i}), s.node(nodeKey{summary.Param, s.nameOf[target], i}), 0)
}

func (s *solver) yield(v *virtual, target FuncID, i uint32) {
	s.edge(s.node(nodeKey{summary.Result, s.nameOf[target], i}), s.node(nodeKey{summary.Result, v.name, i}), 0)
}

// activate takes a function to run, and its package to be initialised.
func (s *solver) activate(fn FuncID) {
	f := &s.g.Funcs[fn]
	if f.Active {
		return
	}
	f.Active = true
	if f.Sum == nil {
		return
	}
	s.pending = append(s.pending, fn)
	if u := s.unitOf[fn]; !u.active {
		u.active = true
		s.activate(u.init)
	}
}

// link takes over what the summary of a function says.
func (s *solver) link(fn FuncID) {
	u, sum := s.unitOf[fn], s.g.Funcs[fn].Sum
	for _, seed := range sum.Seeds {
		s.add(s.place(u, seed.To), s.element(seed))
	}
	for _, e := range sum.Edges {
		s.edge(s.place(u, e.From), s.place(u, e.To), s.filter(u, e.Filter))
	}
	for i := range sum.Calls {
		s.call(u, fn, &sum.Calls[i])
	}
}

func (s *solver) element(seed summary.Seed) uint32 {
	k := elementKey{s.name(seed.Name), seed.Func, seed.Pointer}
	if id, ok := s.byElem[k]; ok {
		return id
	}
	el := element{pointer: seed.Pointer}
	if seed.Func {
		el.fn = s.function(seed.Name)
	} else {
		if s.types[k.name] == nil {
			s.types[k.name] = &typ{name: seed.Name}
		}
		el.typ = s.types[k.name]
	}
	id := uint32(len(s.elements))
	s.elements = append(s.elements, el)
	s.byElem[k] = id
	return id
}

func (s *solver) call(u *unit, fn FuncID, c *summary.Call) {
	var to FuncID
	follow := true
	if c.Callee != "" {
		to = s.function(c.Callee)
		if initialises(c.Callee) {
			return // every package is initialised once, by itself
		}
		s.activate(to)
		if s.g.Funcs[to].Sum == nil {
			s.g.Unknown, s.g.From = append(s.g.Unknown, Edge{To: to, Pos: c.Pos}), append(s.g.From, fn)
		}
		s.bind(u, c, s.nameOf[to])
	} else {
		if c.On == 0 {
			return
		}
		v := s.virtual(s.place(u, c.On), s.name(c.Method), s.name(c.Sig), false, fn, c.Pos)
		s.widen(u, c, v)
		to = v.fn
		follow = !s.told(u, fn, c)
	}
	if c.Callee != "" {
		s.callbacks(site{fn, fn, c.Pos, c.Covered, c.Mode}, to, func(i uint32) (nodeID, []string) {
			for _, a := range c.Args {
				if a.Index == i {
					if s.forwarded(u, fn, a.Node) {
						return 0, nil
					}
					return s.place(u, a.Node), a.Methods
				}
			}
			return 0, nil
		})
	}
	switch {
	case !follow:
	case c.Mode == summary.Spawned:
		s.g.Spawns = append(s.g.Spawns, Spawn{In: fn, To: to, Where: "go", Pos: c.Pos})
	default:
		s.g.Funcs[fn].Out = append(s.g.Funcs[fn].Out, Edge{To: to, Covered: c.Covered, Pos: c.Pos})
	}
}

func initialises(name string) bool {
	const end = ".init"
	return len(name) > len(end) && name[len(name)-len(end):] == end && name[0] != '('
}

// bind joins arguments with parameters, and results with what they are kept in.
func (s *solver) bind(u *unit, c *summary.Call, callee nameID) {
	for _, a := range c.Args {
		s.edge(s.place(u, a.Node), s.node(nodeKey{summary.Param, callee, a.Index}), 0)
	}
	for _, r := range c.Results {
		s.edge(s.node(nodeKey{summary.Result, callee, r.Index}), s.place(u, r.Node), 0)
	}
}

// widen lets a virtual function hand on the parameters that this call has.
func (s *solver) widen(u *unit, c *summary.Call, v *virtual) {
	for _, a := range c.Args {
		if !contains(v.params, a.Index) {
			v.params = append(v.params, a.Index)
			for _, t := range v.order {
				s.pass(v, t, a.Index)
			}
		}
	}
	for _, r := range c.Results {
		if !contains(v.results, r.Index) {
			v.results = append(v.results, r.Index)
			for _, t := range v.order {
				s.yield(v, t, r.Index)
			}
		}
	}
	s.bind(u, c, v.name)
}

func contains(list []uint32, x uint32) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// told reports whether who calls the function around it says what is called here:
// a parameter of which the function's callbacks tell.
func (s *solver) told(u *unit, fn FuncID, c *summary.Call) bool {
	if c.Method != "" {
		return false
	}
	for _, b := range s.paramCallbacks(u, fn, c.On) {
		switch model.Where(b.Where) {
		case model.Goroutine, model.Request:
			return true
		case model.Caller:
			if c.Mode != summary.Spawned {
				return true
			}
		}
	}
	return false
}

// forwarded reports whether an argument is a parameter of the caller, of which
// the caller's own callbacks tell.
func (s *solver) forwarded(u *unit, fn FuncID, n summary.NodeID) bool {
	for _, b := range s.paramCallbacks(u, fn, n) {
		if b.Where != string(model.Stored) {
			return true
		}
	}
	return false
}

// paramCallbacks gives the callbacks that the node is the parameter of, when it is
// one of the function or of one that the function is a literal of.
func (s *solver) paramCallbacks(u *unit, fn FuncID, n summary.NodeID) []summary.Callback {
	of := u.sum.Nodes[n]
	if of.Kind != summary.Param || of.Name != s.g.Funcs[fn].Name && !Literal(s.g.Funcs[fn].Name, of.Name) {
		return nil
	}
	owner := s.g.Funcs[s.function(of.Name)].Sum
	if owner == nil {
		return nil
	}
	at := of.Index
	if method(of.Name) {
		at--
	}
	var found []summary.Callback
	for _, b := range owner.Callbacks {
		if b.Param == at {
			found = append(found, b)
		}
	}
	return found
}

// A site is where a function is called with functions that it calls.
type site struct {
	from    FuncID // who calls: a function, or a virtual one
	by      FuncID // who calls that one
	pos     summary.Pos
	covered bool
	mode    uint32
}

// callbacks lets a caller call, or spawn, the functions that it hands to a callee
// which calls them.
func (s *solver) callbacks(at site, callee FuncID, arg func(uint32) (nodeID, []string)) {
	sum := s.g.Funcs[callee].Sum
	if sum == nil {
		return
	}
	for _, b := range sum.Callbacks {
		i := b.Param
		if method(sum.Name) {
			i++
		}
		if b.Where == string(model.Stored) {
			continue
		}
		on, methods := arg(i)
		if on == 0 {
			continue
		}
		where := b.Where
		if where == string(model.Caller) && at.mode == summary.Spawned {
			where = "go"
		}
		for _, v := range s.handed(on, methods, at) {
			if where == string(model.Caller) {
				s.g.Funcs[at.from].Out = append(s.g.Funcs[at.from].Out, Edge{To: v.fn, Covered: at.covered || b.Guarded, Pos: at.pos})
			} else {
				s.g.Spawns = append(s.g.Spawns, Spawn{
					In: at.by, To: v.fn, Where: where, Guarded: b.Guarded, By: b.By, Via: sum.Name, Pos: at.pos,
					Shared: at.from != at.by,
				})
			}
		}
	}
}

// handed is what may be called of a function, or interface, that is handed over.
func (s *solver) handed(on nodeID, methods []string, at site) []*virtual {
	if len(methods) == 0 {
		return []*virtual{s.virtual(on, 0, 0, true, at.by, at.pos)}
	}
	var all []*virtual
	for _, m := range methods {
		all = append(all, s.virtual(on, s.name(m), 0, true, at.by, at.pos))
	}
	return all
}

// given tells of each spawn which functions are in the interface that is handed
// over: the f of http.HandlerFunc(f).
func (s *solver) given() {
	for i := range s.g.Spawns {
		sp := &s.g.Spawns[i]
		v := s.byFunc[sp.To]
		if v == nil || v.method == 0 {
			continue
		}
		s.nodes[s.find(v.receiver)].has.each(func(e uint32) {
			if el := s.elements[e]; el.typ == nil {
				sp.Given = append(sp.Given, el.fn)
			}
		})
	}
}
