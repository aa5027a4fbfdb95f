package flow

// cycles makes one node of those that flow into each other: they hold the same.
func (s *solver) cycles() {
	s.added = 0
	t := &tarjan{s: s, index: make([]uint32, len(s.nodes)), low: make([]uint32, len(s.nodes)), on: make([]bool, len(s.nodes))}
	for n := range s.nodes {
		if n > 0 && s.nodes[n].parent == nodeID(n) && t.index[n] == 0 {
			t.visit(nodeID(n))
		}
	}
	for _, group := range t.found {
		for _, n := range group[1:] {
			s.unite(group[0], n)
		}
	}
}

type tarjan struct {
	s          *solver
	index, low []uint32
	on         []bool
	next       uint32
	stack      []nodeID
	found      [][]nodeID
}

type frame struct {
	n nodeID
	i int // of the arrow that is next
}

// visit walks the graph from a node. It keeps its own stack: paths may be as long
// as the program has nodes.
func (t *tarjan) visit(from nodeID) {
	work := []frame{{n: from}}
	t.enter(from)
	for len(work) > 0 {
		f := &work[len(work)-1]
		out := t.s.nodes[f.n].out
		if f.i < len(out) {
			a := out[f.i]
			f.i++
			to := t.s.find(a.to)
			switch {
			case a.filter != 0:
			case t.index[to] == 0:
				t.enter(to)
				work = append(work, frame{n: to})
			case t.on[to]:
				t.low[f.n] = min(t.low[f.n], t.index[to])
			}
			continue
		}
		n := f.n
		work = work[:len(work)-1]
		if len(work) > 0 {
			up := work[len(work)-1].n
			t.low[up] = min(t.low[up], t.low[n])
		}
		if t.low[n] == t.index[n] {
			t.leave(n)
		}
	}
}

func (t *tarjan) enter(n nodeID) {
	t.next++
	t.index[n], t.low[n], t.on[n] = t.next, t.next, true
	t.stack = append(t.stack, n)
}

func (t *tarjan) leave(n nodeID) {
	i := len(t.stack) - 1
	for t.stack[i] != n {
		i--
	}
	for _, m := range t.stack[i:] {
		t.on[m] = false
	}
	if len(t.stack)-i > 1 {
		t.found = append(t.found, append([]nodeID(nil), t.stack[i:]...))
	}
	t.stack = t.stack[:i]
}

// unite makes b a part of a. What one has and the other has not is new.
func (s *solver) unite(a, b nodeID) {
	x, y := &s.nodes[a], &s.nodes[b]
	y.parent = a
	var lacksX, lacksY set
	hasX := append(set(nil), x.has...)
	x.has.merge(y.has, &lacksX)
	y.has.merge(hasX, &lacksY)
	var all set
	x.news.merge(y.news, &all)
	x.news.merge(lacksX, &all)
	x.news.merge(lacksY, &all)
	for _, e := range y.out {
		if s.find(e.to) != a {
			x.out = append(x.out, e)
		}
	}
	x.virtuals = append(x.virtuals, y.virtuals...)
	y.has, y.news, y.out, y.virtuals = nil, nil, nil, nil
	if len(x.news) > 0 {
		s.enqueue(a)
	}
}
