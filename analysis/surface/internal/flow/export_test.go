package flow

type Set = set

func NewSet(elements ...uint32) Set {
	var s set
	for _, e := range elements {
		s.add(e)
	}
	return s
}

func (s *set) Merge(from set, news *set) bool { return s.merge(from, news) }

func (s set) Elements() []uint32 {
	var all []uint32
	s.each(func(e uint32) { all = append(all, e) })
	return all
}

// Lookup finds a function by name.
func (g *Graph) Lookup(name string) (FuncID, bool) {
	id, ok := g.byName[name]
	return id, ok
}
