package trace

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// A CountKey is what the kernel counts apart.
type CountKey struct {
	Exe       uint32
	Kind      bpf.Kind
	Site      uint64 // as of bpf.Record
	Recoverer uint64 // address in the file behind the call of recover
}

// A Count is how often something happened at a place, as the kernel counts it.
type Count struct {
	CountKey
	Seen uint64
}

func countOf(r *bpf.Record) Count {
	c := Count{CountKey{Exe: r.Exe, Kind: r.Kind, Site: r.Site}, r.Seen}
	if len(r.Recoverer) > 0 {
		c.Recoverer = r.Recoverer[0] - r.Bias
	}
	return c
}

// A Site is a place where something happened, in one way: panics of one line that
// one function recovered, say. Event is the first that was seen in full.
type Site struct {
	ID    string
	Event *Event
	Shown uint64 // events that were handed out
	Seen  uint64 // events that happened
	Told  uint64 // Seen of the newest event that was handed out
	First time.Time
	Last  time.Time
	// Shortest and Longest are of the times from panic to recovery, of the events
	// that were handed out; Total is their sum.
	Shortest, Longest, Total time.Duration

	by map[CountKey]uint64 // Seen, by what the kernel counts apart
}

// A tally is a count of the kernel's and the site that it is of. Events at one
// place may look different: those of other sites are taken from it.
type tally struct {
	seen   uint64
	site   *Site
	own    uint64 // events of the site that were handed out
	others uint64 // events of other sites that were
}

// maxSites bounds the sites that are told apart: as many as the kernel counts.
const maxSites = 1 << 14

// A folder counts events by site.
type folder struct {
	sites   map[string]*Site
	keys    map[CountKey]*tally
	newest  map[CountKey]uint64 // the kernel's counts, of all that it counts
	ignored map[CountKey]bool
	more    uint64 // events of sites beyond maxSites
}

func newFolder() folder {
	return folder{
		sites: make(map[string]*Site), keys: make(map[CountKey]*tally),
		newest: make(map[CountKey]uint64), ignored: make(map[CountKey]bool),
	}
}

// siteID condenses what makes events alike, from names and lines, so that it is
// the same for all processes of an executable and from one run to the next.
func siteID(e *Event) string {
	h := fnv.New64a()
	add := func(p *Place) {
		if p != nil {
			fmt.Fprintf(h, "%s\x00%s\x00%d", p.Func, p.File, p.Line)
		}
		fmt.Fprint(h, "\x01")
	}
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00", e.Kind, e.Outcome, e.Exe, e.Class)
	if e.Value != nil {
		fmt.Fprintf(h, "%s\x00", e.Value.Type)
	}
	if len(e.Frames) > 0 {
		add(&e.Frames[0].Place)
	}
	add(e.App)
	if e.Recovery != nil {
		add(e.Recovery.By)
	}
	if e.End != nil {
		fmt.Fprintf(h, "%d\x00%s\x00%t", e.End.Status, e.End.Signal, e.End.OOM)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// add counts an event and tells it how many there were.
func (f *folder) add(e *Event) {
	e.Site = siteID(e)
	s := f.sites[e.Site]
	if s == nil {
		if len(f.sites) >= maxSites {
			f.more++
			e.Seen = max(e.count.Seen, 1)
			return
		}
		s = &Site{ID: e.Site, Event: e, First: e.At, by: make(map[CountKey]uint64)}
		f.sites[e.Site] = s
	}
	s.Shown++
	if e.At.After(s.Last) {
		s.Last = e.At
	}
	if r := e.Recovery; r != nil && r.After > 0 {
		if s.Shortest == 0 || r.After < s.Shortest {
			s.Shortest = r.After
		}
		s.Longest = max(s.Longest, r.After)
		s.Total += r.After
	}
	if c := e.count; c.Seen > 0 && counted(c.Kind, e) {
		f.shown(s, c)
	} else {
		s.by[CountKey{}]++
	}
	s.sum()
	e.Seen, s.Told = s.Seen, s.Seen
}

// shown notes an event of a count.
func (f *folder) shown(s *Site, c Count) {
	t := f.keys[c.CountKey]
	if t == nil {
		t = &tally{site: s}
		f.keys[c.CountKey] = t
	}
	t.seen = max(t.seen, c.Seen, f.newest[c.CountKey])
	if t.site == s {
		t.own++
	} else {
		s.by[c.CountKey]++
		t.others++
	}
	t.update(c.CountKey)
}

// update gives the site what is not of other sites.
func (t *tally) update(key CountKey) {
	t.site.by[key] = max(t.own, t.seen-min(t.seen, t.others))
	t.site.sum()
}

func (s *Site) sum() {
	s.Seen = 0
	for _, n := range s.by {
		s.Seen += n
	}
}

// counted reports whether the kernel's count of a kind is that of the events: a
// panic is counted where it began and where it was recovered, and only the second
// tells of one site.
func counted(k bpf.Kind, e *Event) bool {
	return e.Kind != Panic || k == bpf.Recover && e.Outcome == Recovered || k == bpf.Uncaught && e.Outcome == Uncaught
}

func (f *folder) ignore(key CountKey) {
	if len(f.ignored) < maxSites {
		f.ignored[key] = true
	}
}

// Count takes the kernel's counts. They are more than the events that were handed
// out where records were limited or lost.
func (en *Engine) Count(counts []Count) {
	for _, c := range counts {
		en.fold.newest[c.CountKey] = max(en.fold.newest[c.CountKey], c.Seen)
		if t := en.fold.keys[c.CountKey]; t != nil && c.Seen > t.seen {
			t.seen = c.Seen
			t.update(c.CountKey)
			t.site.Last = en.o.Clock(en.now)
		}
	}
}

// Sites returns the sites, those with the most events first.
func (en *Engine) Sites() []*Site {
	return slices.SortedFunc(maps.Values(en.fold.sites), func(a, b *Site) int {
		return cmp.Or(cmp.Compare(b.Seen, a.Seen), a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
	})
}

// A Tally is how much happened. Exact says that the kernel has counted it; else
// it is what was handed out.
type Tally struct {
	Panics      uint64 `json:"panics"`
	Recovered   uint64 `json:"recovered"`
	Uncaught    uint64 `json:"uncaught"`
	Ineffective uint64 `json:"ineffective_recovers"`
	Fatal       uint64 `json:"fatal_errors"`
	Signals     uint64 `json:"signal_deaths"`
	Goexits     uint64 `json:"goexits"`
	Exits       uint64 `json:"exits"`
	Kills       uint64 `json:"kills"`
	// Unnamed happened at places of which no record was seen.
	Unnamed uint64 `json:"unnamed"`
	Exact   bool   `json:"exact"`
}

// total is how much happened; a panic and its recovery are one.
func (t Tally) total() uint64 {
	return t.Panics + t.Ineffective + t.Fatal + t.Signals + t.Goexits + t.Exits + t.Kills
}

// Tally counts all that happened.
func (en *Engine) Tally() Tally {
	var t Tally
	for _, s := range en.fold.sites {
		switch n := s.Seen; s.Event.Kind {
		case Exit:
			t.Exits += n
		case Kill:
			t.Kills += n
		default:
			if len(en.fold.newest) == 0 {
				t.shown(s)
			}
		}
	}
	for key, n := range en.fold.newest {
		if en.fold.ignored[key] {
			continue
		}
		t.Exact = true
		switch key.Kind {
		case 0:
			t.Unnamed += n // of more places than are told apart
		case bpf.Panic:
			t.Panics += n
		case bpf.Recover:
			t.Recovered += n
		case bpf.Uncaught:
			t.Uncaught += n
		case bpf.Ineffective:
			t.Ineffective += n
		case bpf.Fatal:
			t.Fatal += n
		case bpf.SignalDeath:
			t.Signals += n
		case bpf.Goexit:
			t.Goexits += n
		}
		if en.fold.keys[key] == nil && (key.Kind == bpf.Recover || key.Kind == bpf.Ineffective || key.Kind == bpf.Goexit) {
			t.Unnamed += n
		}
	}
	return t
}

// shown adds the events of a site that nobody has counted.
func (t *Tally) shown(s *Site) {
	n := s.Seen
	switch e := s.Event; e.Kind {
	case Panic:
		t.Panics += n
		switch e.Outcome {
		case Recovered:
			t.Recovered += n
		case Uncaught:
			t.Uncaught += n
		}
	case Vain:
		t.Ineffective += n
	case Fatal:
		t.Fatal += n
	case Signal:
		t.Signals += n
	case Goexit:
		t.Goexits += n
	}
}
