// Package inventory says what recordings of backstop trace tell about a program:
// who swallows which panics, which guards never worked, where goroutines die
// that nobody guards, who ends the process, and what backstop vet says of the
// same lines. Start with [Make].
package inventory

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
)

// An Inventory is what was seen, each list with the most frequent first. Counts
// are exact where the recordings have the kernel's counts.
type Inventory struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Runs      int       `json:"runs"`
	Panics    uint64    `json:"panics"`
	Recovered uint64    `json:"recovered"`
	Lost      uint64    `json:"lost"` // records that the kernel had no room for; they are counted
	Uncounted uint64    `json:"uncounted"`
	Unnamed   uint64    `json:"unnamed"` // events of places that no record named
	Cut       bool      `json:"cut"`     // a recording has no end

	Swallowers []Swallower `json:"swallowers"`
	Vain       []Guard     `json:"ineffective_guards"`
	Entries    []Entry     `json:"unguarded_entries"`
	Exits      []Caller    `json:"exit_callers"`
	Deaths     []Death     `json:"deaths"`

	// Vetted says that findings were given, NotSeen which of them are about
	// guards, goroutines and exits, and met nothing here.
	Vetted  bool      `json:"vetted"`
	NotSeen []Finding `json:"not_seen,omitempty"`
}

// A Swallower is a function that recovers panics.
type Swallower struct {
	By     *trace.Place `json:"by"` // nil when it is not known
	Count  uint64       `json:"count"`
	Last   time.Time    `json:"last"`
	Panics []Swallowed  `json:"panics"`
	Vet    []Finding    `json:"vet,omitempty"`
}

// A Swallowed is a place where panics come from that somebody recovers.
type Swallowed struct {
	At       *trace.Place  `json:"at"`
	Class    crash.Class   `json:"class"`
	Type     string        `json:"type,omitempty"` // of the value
	Message  string        `json:"message"`        // of the first
	Exe      string        `json:"exe"`
	Count    uint64        `json:"count"`
	Last     time.Time     `json:"last"`
	Shortest time.Duration `json:"after_min_ns"` // from panic to recovery
	Longest  time.Duration `json:"after_max_ns"`
	Vet      []Finding     `json:"vet,omitempty"`
}

// A Guard is a function that called recover in vain.
type Guard struct {
	By        *trace.Place  `json:"by"`
	Exe       string        `json:"exe"`
	Count     uint64        `json:"count"`
	Effective uint64        `json:"effective"` // how often it did recover
	Last      time.Time     `json:"last"`
	During    []crash.Class `json:"during"` // panics that were in flight
	// Callers are the calls between recover and the panic, of the first time: the
	// one that was deferred is the last.
	Callers []*trace.Place `json:"callers,omitempty"`
	Vet     []Finding      `json:"vet,omitempty"`
}

// An Entry is a function that goroutines begin with, and in which a panic killed
// the process.
type Entry struct {
	Func      *trace.Place `json:"func"`
	CreatedBy *trace.Place `json:"created_by,omitempty"` // nil for the main goroutine
	Exe       string       `json:"exe"`
	Count     uint64       `json:"count"`
	Last      time.Time    `json:"last"`
	At        *trace.Place `json:"at"` // the panic, the first that was seen
	Class     crash.Class  `json:"class"`
	Message   string       `json:"message"`
	Vet       []Finding    `json:"vet,omitempty"`
}

// A Caller ends the process with os.Exit.
type Caller struct {
	At     *trace.Place `json:"at"`
	Exe    string       `json:"exe"`
	Status int          `json:"status"`
	Count  uint64       `json:"count"`
	Last   time.Time    `json:"last"`
	Vet    []Finding    `json:"vet,omitempty"`
}

// A Death is an end by a fatal error or by a signal.
type Death struct {
	Class   crash.Class    `json:"class"`
	Message string         `json:"message"`
	Exe     string         `json:"exe"`
	By      *trace.Process `json:"by,omitempty"` // the sender of the signal
	Count   uint64         `json:"count"`
	Last    time.Time      `json:"last"`
}

// Make makes the inventory of recordings.
func Make(rec *trace.Recording) *Inventory {
	m := maker{
		inv: new(Inventory), rec: rec, seen: make(map[string]uint64),
		swallowers: make(map[string]*Swallower), swallowed: make(map[string]*Swallowed), of: make(map[string]string),
		vain: make(map[string]*Guard), entries: make(map[string]*Entry),
		exits: make(map[string]*Caller), deaths: make(map[string]*Death),
	}
	for _, e := range rec.Events {
		m.add(e)
	}
	for _, s := range rec.Summaries {
		m.summary(s)
	}
	m.inv.Runs = max(len(rec.Summaries), min(len(rec.Events), 1))
	m.inv.Cut = rec.Cut
	m.finish()
	return m.inv
}

// A maker collects by what is alike, under keys made of names and lines.
type maker struct {
	inv  *Inventory
	rec  *trace.Recording
	seen map[string]uint64 // of a site, already added

	swallowers map[string]*Swallower
	swallowed  map[string]*Swallowed
	of         map[string]string // the swallower of a key of swallowed
	vain       map[string]*Guard
	entries    map[string]*Entry
	exits      map[string]*Caller
	deaths     map[string]*Death
}

func placeKey(p *trace.Place) string {
	if p == nil {
		return "?"
	}
	return p.Func + "\x00" + p.File + "\x00" + itoa(p.Line)
}

// funcKey is the key of a function: a guard is one, wherever in it recover stands.
func funcKey(p *trace.Place) string {
	if p == nil {
		return "?"
	}
	return p.Func + "\x00" + p.File
}

// count returns how many events one stands for: the first of a site stands for
// all that the kernel has counted there.
func (m *maker) count(e *trace.Event) (n uint64, last time.Time) {
	if m.seen[e.Site] > 0 {
		return 0, e.At
	}
	m.seen[e.Site] = 1
	s := m.rec.Sites[e.Site]
	if s == nil {
		return 1, e.At
	}
	return max(s.Seen, 1), s.Last
}

func (m *maker) add(e *trace.Event) {
	if m.inv.Start.IsZero() || e.At.Before(m.inv.Start) {
		m.inv.Start = e.At
	}
	if e.At.After(m.inv.End) {
		m.inv.End = e.At
	}
	switch {
	case e.Kind == trace.Panic && e.Outcome == trace.Recovered:
		m.swallow(e)
	case e.Kind == trace.Panic && e.Outcome == trace.Uncaught:
		m.unguarded(e)
	case e.Kind == trace.Vain:
		m.inVain(e)
	case e.Kind == trace.Exit && e.App != nil:
		m.exit(e)
	case e.Kind == trace.Kill, e.Kind == trace.Fatal, e.Kind == trace.Signal:
		m.death(e)
	}
}

func (m *maker) summary(s trace.Summary) {
	m.inv.Panics += s.Panics
	m.inv.Recovered += s.Recovered
	m.inv.Lost += s.Losses.Ring
	m.inv.Uncounted += s.Losses.Busy + s.Losses.Unreadable
	m.inv.Unnamed += s.Unnamed
	if m.inv.Start.IsZero() || s.Start.Before(m.inv.Start) {
		m.inv.Start = s.Start
	}
	if end := s.Start.Add(s.For); end.After(m.inv.End) {
		m.inv.End = end
	}
}

func (m *maker) swallow(e *trace.Event) {
	var by *trace.Place
	var after time.Duration
	if r := e.Recovery; r != nil {
		by, after = r.By, r.After
	}
	n, last := m.count(e)
	key := funcKey(by)
	s := m.swallowers[key]
	if s == nil {
		s = &Swallower{By: by}
		m.swallowers[key] = s
	}
	s.Count += n
	s.Last = later(s.Last, last)
	typ := ""
	if e.Value != nil {
		typ = e.Value.Type
	}
	inner := key + "\x01" + placeKey(e.App) + "\x01" + string(e.Class) + "\x01" + typ + "\x01" + e.Exe
	w := m.swallowed[inner]
	if w == nil {
		w = &Swallowed{At: e.App, Class: e.Class, Type: typ, Message: message(e), Exe: e.Exe, Shortest: after}
		m.swallowed[inner], m.of[inner] = w, key
	}
	w.Count += n
	w.Last = later(w.Last, last)
	if after > 0 && (w.Shortest == 0 || after < w.Shortest) {
		w.Shortest = after
	}
	w.Longest = max(w.Longest, after)
}

func (m *maker) unguarded(e *trace.Event) {
	n, last := m.count(e)
	key := funcKey(e.Entry) + "\x01" + placeKey(e.CreatedBy) + "\x01" + e.Exe
	x := m.entries[key]
	if x == nil {
		x = &Entry{Func: e.Entry, CreatedBy: e.CreatedBy, Exe: e.Exe, At: e.App, Class: e.Class, Message: message(e)}
		m.entries[key] = x
	}
	x.Count += n
	x.Last = later(x.Last, last)
}

func (m *maker) inVain(e *trace.Event) {
	if e.Recovery == nil || e.Recovery.By == nil || !crash.IsApp(e.Recovery.By.Func) {
		return // the library calls recover in functions that also run without a panic of their own
	}
	n, last := m.count(e)
	key := funcKey(e.Recovery.By) + "\x01" + e.Exe
	g := m.vain[key]
	if g == nil {
		g = &Guard{By: e.Recovery.By, Exe: e.Exe, Callers: callers(e)}
		m.vain[key] = g
	}
	g.Count += n
	g.Last = later(g.Last, last)
	if e.Class != "" && !slices.Contains(g.During, e.Class) {
		g.During = append(g.During, e.Class)
	}
}

// callers are the calls that led from a panic to a recover in vain, innermost
// first, without the function that called recover.
func callers(e *trace.Event) (list []*trace.Place) {
	const most = 8
	for i := range e.Frames {
		f := &e.Frames[i]
		if f.Func == "panic" || len(list) == most {
			break
		}
		if f.Func != e.Recovery.By.Func {
			list = append(list, &f.Place)
		}
	}
	return list
}

func (m *maker) exit(e *trace.Event) {
	n, last := m.count(e)
	status := 0
	if e.End != nil {
		status = e.End.Status
	}
	key := placeKey(e.App) + "\x01" + itoa(status) + "\x01" + e.Exe
	c := m.exits[key]
	if c == nil {
		c = &Caller{At: e.App, Exe: e.Exe, Status: status}
		m.exits[key] = c
	}
	c.Count += n
	c.Last = later(c.Last, last)
}

func (m *maker) death(e *trace.Event) {
	n, last := m.count(e)
	var by *trace.Process
	key := string(e.Class) + "\x01" + message(e) + "\x01" + e.Exe
	if e.End != nil && e.End.By != nil {
		// Senders are told apart by their names: each kill has a number of its own.
		by = e.End.By
		key = string(e.Class) + "\x01" + by.Comm + by.Exe + "\x01" + e.Exe
		if by.UID != nil {
			key += itoa(*by.UID)
		}
	}
	d := m.deaths[key]
	if d == nil {
		d = &Death{Class: e.Class, Message: message(e), Exe: e.Exe, By: by}
		m.deaths[key] = d
	}
	d.Count += n
	d.Last = later(d.Last, last)
}

func message(e *trace.Event) string { return e.Headline() }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// finish sorts what was collected.
func (m *maker) finish() {
	inv := m.inv
	for inner, w := range m.swallowed {
		s := m.swallowers[m.of[inner]]
		s.Panics = append(s.Panics, *w)
	}
	for _, s := range m.swallowers {
		slices.SortFunc(s.Panics, func(a, b Swallowed) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(placeKey(a.At), placeKey(b.At)), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Exe, b.Exe))
		})
	}
	inv.Swallowers = sorted(m.swallowers, func(s *Swallower) (uint64, string) { return s.Count, placeKey(s.By) })
	for key, g := range m.vain {
		for _, s := range m.swallowers {
			if s.By != nil && funcKey(s.By) == funcKey(g.By) {
				m.vain[key].Effective += s.Count
			}
		}
	}
	inv.Vain = sorted(m.vain, func(g *Guard) (uint64, string) { return g.Count, placeKey(g.By) })
	inv.Entries = sorted(m.entries, func(x *Entry) (uint64, string) { return x.Count, placeKey(x.Func) + placeKey(x.CreatedBy) })
	inv.Exits = sorted(m.exits, func(c *Caller) (uint64, string) { return c.Count, placeKey(c.At) + itoa(c.Status) })
	inv.Deaths = sorted(m.deaths, func(d *Death) (uint64, string) { return d.Count, string(d.Class) + d.Message })
	inv.Recovered = max(inv.Recovered, sum(inv.Swallowers))
	inv.Panics = max(inv.Panics, inv.Recovered)
}

func sum(list []Swallower) (n uint64) {
	for _, s := range list {
		n += s.Count
	}
	return n
}

// sorted lists the values of a map, the most frequent first.
func sorted[T any](m map[string]*T, by func(*T) (uint64, string)) []T {
	list := make([]T, 0, len(m))
	for _, v := range slices.SortedFunc(maps.Values(m), func(a, b *T) int {
		n, x := by(a)
		o, y := by(b)
		return cmp.Or(cmp.Compare(o, n), cmp.Compare(x, y))
	}) {
		list = append(list, *v)
	}
	return list
}
