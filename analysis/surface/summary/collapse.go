package summary

// collapse removes the local nodes that tell nothing: those that only hand on
// what one other node holds, and those that nobody reads.
func (s *Summary) collapse() {
	c := &collapser{s: s, to: make([]NodeID, len(s.Nodes))}
	for i := range c.to {
		c.to[i] = NodeID(i)
	}
	for range 6 {
		if !c.merge() {
			break
		}
		c.rewrite()
	}
	c.number()
}

type collapser struct {
	s  *Summary
	to []NodeID // what a node has become
}

type uses struct {
	in, out    int // edges
	from, into NodeID
	filtered   bool // one of the edges in is
	filterOut  bool
	seeded     bool // has contents of its own, or is given results
	read       bool // is the argument of a call, or what is called
}

func (c *collapser) count() []uses {
	u := make([]uses, len(c.s.Nodes))
	for i := range c.s.Funcs {
		f := &c.s.Funcs[i]
		for _, e := range f.Edges {
			if e.From == e.To {
				continue
			}
			in, out := &u[e.To], &u[e.From]
			in.in, in.from, in.filtered = in.in+1, e.From, in.filtered || e.Filter != 0
			out.out, out.into, out.filterOut = out.out+1, e.To, out.filterOut || e.Filter != 0
		}
		for _, seed := range f.Seeds {
			u[seed.To].seeded = true
		}
		for _, l := range f.Calls {
			u[l.On].read = true
			for _, a := range l.Args {
				u[a.Node].read = true
			}
			for _, r := range l.Results {
				u[r.Node].seeded = true
			}
		}
	}
	return u
}

// merge decides what becomes of local nodes, and reports whether there is
// anything to do.
func (c *collapser) merge() bool {
	changed := false
	for id, u := range c.count() {
		if id == 0 || c.to[id] != NodeID(id) || c.s.Nodes[id].Kind != Local {
			continue
		}
		switch {
		case u.out == 0 && !u.read:
			changed = changed || u.in > 0 || u.seeded
			c.to[id] = 0
		case u.in == 1 && !u.seeded && !u.filtered && c.find(u.from) != NodeID(id):
			c.to[id] = c.find(u.from)
			changed = true
		case u.out == 1 && !u.read && !u.filterOut && c.find(u.into) != NodeID(id):
			c.to[id] = c.find(u.into)
			changed = true
		}
	}
	return changed
}

func (c *collapser) find(n NodeID) NodeID {
	for c.to[n] != n {
		n = c.to[n]
	}
	return n
}

func (c *collapser) rewrite() {
	for i := range c.s.Funcs {
		f := &c.s.Funcs[i]
		edges := f.Edges[:0]
		for _, e := range f.Edges {
			e.From, e.To = c.find(e.From), c.find(e.To)
			if e.From != 0 && e.To != 0 && e.From != e.To {
				edges = append(edges, e)
			}
		}
		f.Edges = unique(edges)
		seeds := f.Seeds[:0]
		for _, seed := range f.Seeds {
			if seed.To = c.find(seed.To); seed.To != 0 {
				seeds = append(seeds, seed)
			}
		}
		f.Seeds = unique(seeds)
		for j := range f.Calls {
			l := &f.Calls[j]
			l.On = c.find(l.On)
			l.Args, l.Results = c.rewriteArgs(l.Args), c.rewriteArgs(l.Results)
		}
	}
}

func (c *collapser) rewriteArgs(args []Arg) []Arg {
	kept := args[:0]
	for _, a := range args {
		if a.Node = c.find(a.Node); a.Node != 0 {
			kept = append(kept, a)
		}
	}
	return kept
}

func unique[T comparable](list []T) []T {
	if len(list) < 2 {
		return list
	}
	seen := make(map[T]bool, len(list))
	kept := list[:0]
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			kept = append(kept, x)
		}
	}
	return kept
}

// number drops the nodes that nothing mentions any more.
func (c *collapser) number() {
	c.rewrite()
	used := make([]bool, len(c.s.Nodes))
	c.each(func(n *NodeID) { used[*n] = true })
	to := make([]NodeID, len(c.s.Nodes))
	nodes := c.s.Nodes[:1]
	for i := 1; i < len(c.s.Nodes); i++ {
		if used[i] {
			to[i] = NodeID(len(nodes))
			nodes = append(nodes, c.s.Nodes[i])
		}
	}
	c.s.Nodes = nodes
	c.each(func(n *NodeID) { *n = to[*n] })
}

func (c *collapser) each(visit func(*NodeID)) {
	for i := range c.s.Funcs {
		f := &c.s.Funcs[i]
		for j := range f.Edges {
			visit(&f.Edges[j].From)
			visit(&f.Edges[j].To)
		}
		for j := range f.Seeds {
			visit(&f.Seeds[j].To)
		}
		for j := range f.Calls {
			l := &f.Calls[j]
			visit(&l.On)
			for k := range l.Args {
				visit(&l.Args[k].Node)
			}
			for k := range l.Results {
				visit(&l.Results[k].Node)
			}
		}
	}
}
