package surface

import (
	"cmp"
	"slices"
	"strings"
)

// A Difference is what changed between two reports.
type Difference struct {
	Version int      `json:"version"`
	Base    int      `json:"base"` // numbers of the reports
	Head    int      `json:"head"`
	New     []Change `json:"new"`  // what must not be
	Gone    []Change `json:"gone"` // what was mended, or went away
}

// A Change is an entry, with the sites that it reaches without a guard in one
// report and not in the other.
type Change struct {
	Entry Entry  `json:"entry"` // without its sets
	Sites []Site `json:"sites"`
	Path  []Step `json:"path"` // to the first of the sites, from this entry or one that reaches the same
}

// Diff compares the unguarded paths of two reports. A path is its entry's
// function, its site's function and the kind of the site: lines do not matter, nor
// which literal of a function it is, so that code may move. Sites that weigh
// nothing are left out.
func Diff(base, head *Report) *Difference {
	return &Difference{
		Version: 1, Base: base.Number, Head: head.Number,
		New: changes(base, head), Gone: changes(head, base),
	}
}

// A pathKey tells paths apart in both reports.
type pathKey struct{ entry, site, kind string }

// keys counts the paths of a report.
func (r *Report) keys() map[pathKey]int {
	all := make(map[pathKey]int)
	r.paths(func(e, _ int, site Site) { all[keyOf(r.Entries[e], site)]++ })
	return all
}

// paths yields entry, set and site of each unguarded path.
func (r *Report) paths(yield func(entry, set int, site Site)) {
	for n, s := range r.Sets {
		for _, e := range s.Entries {
			for _, site := range s.Sites {
				if site.Grade != grades[0] {
					yield(e, n, site)
				}
			}
		}
	}
}

func keyOf(e Entry, s Site) pathKey {
	return pathKey{declared(e.Function), declared(s.Function), s.Kind}
}

// declared is the function that a literal is in: numbers of literals change when
// another is written before them.
func declared(name string) string {
	start := strings.LastIndex(name, ")") + 1
	if end := strings.IndexAny(name[start:], "$ "); end >= 0 {
		name = name[:start+end]
	}
	return name
}

// changes finds what after has and before has not.
func changes(before, after *Report) []Change {
	left := before.keys()
	exact := make(map[pathKey]bool) // paths of before, literals told apart
	before.paths(func(e, _ int, s Site) { exact[pathKey{before.Entries[e].Function, s.Function, s.Kind}] = true })
	found := make(map[int]*Change)
	take := func(e, set int, s Site) {
		k := keyOf(after.Entries[e], s)
		if left[k]--; left[k] >= 0 {
			return
		}
		c := found[e]
		if c == nil {
			c = &Change{Entry: after.Entries[e], Path: after.Sets[set].Path}
			c.Entry.Sets = nil
			found[e] = c
		}
		c.Sites = append(c.Sites, s)
	}
	known := func(e int, s Site) bool {
		return exact[pathKey{after.Entries[e].Function, s.Function, s.Kind}]
	}
	// Those that have the same name in both go first: they are not the new ones.
	after.paths(func(e, set int, s Site) {
		if known(e, s) {
			take(e, set, s)
		}
	})
	after.paths(func(e, set int, s Site) {
		if !known(e, s) {
			take(e, set, s)
		}
	})
	list := []Change{} // never null in JSON
	for _, c := range found {
		c.own()
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Entry.Number, a.Entry.Number), cmp.Compare(a.Entry.File, b.Entry.File),
			cmp.Compare(a.Entry.Line, b.Entry.Line), cmp.Compare(a.Entry.Function, b.Entry.Function))
	})
	return list
}

// own takes the entry's own path when it leads to one of the sites, which is first
// then.
func (c *Change) own() {
	if c.Entry.Site == nil {
		return
	}
	if i := slices.Index(c.Sites, *c.Entry.Site); i >= 0 {
		c.Path = c.Entry.Path
		c.Sites[0], c.Sites[i] = c.Sites[i], c.Sites[0]
	}
}

// Text draws the difference for people.
func (d *Difference) Text(style Style) string {
	w := &drawing{Style: style}
	w.line("%s %d, was %d", w.paint(bold, "crash surface"), d.Head, d.Base)
	if len(d.New) == 0 {
		w.line("no new unguarded path")
	}
	for _, c := range d.New {
		w.line("\n%s %s  %s %s reaches %s", w.paint(red, "new"), place(c.Entry.File, c.Entry.Line), c.Entry.Kind,
			name(c.Entry.Function), plural(len(c.Sites), "site", "sites"))
		shown := w.top(len(c.Sites), 3)
		for _, s := range c.Sites[:shown] {
			w.site("    ", s)
		}
		if more := len(c.Sites) - shown; more > 0 {
			w.line("    %s", w.paint(dim, plural(more, "more", "more")))
		}
		w.path("    ", c.Path)
	}
	if len(d.Gone) > 0 {
		w.line("\n%s no longer there", plural(len(d.Gone), "entry has unguarded paths that are", "entries have unguarded paths that are"))
	}
	return w.b.String()
}
