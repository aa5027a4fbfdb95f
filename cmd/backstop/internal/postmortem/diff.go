package postmortem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Diff says what changed between two snapshots, and what did not although it
// should have.
type Diff struct {
	Before Moment `json:"before"`
	After  Moment `json:"after"`
	// SameProcess says that both are of one process. Only then goroutines can be
	// recognised by their numbers, and Stuck, Stacks and Requests are filled.
	SameProcess bool `json:"same_process"`

	// Sites are the go statements whose goroutines became more or fewer, what
	// grew most first. Kinds are the same by stack.
	Sites []Change `json:"sites"`
	Kinds []Change `json:"kinds"`
	// Stuck are goroutines that stand at the same place in both, waiting for the
	// same where that is known, folded by stack, the most first.
	Stuck []Stuck `json:"stuck"`
	// Stacks are goroutines whose stack is large or grew.
	Stacks []StackGrowth `json:"stacks"`
	// Requests were in flight in both.
	Requests []Request `json:"requests"`

	// Concerns are what of all this speaks for a fault, the worst first. Without
	// any the program did what programs do.
	Concerns []Finding `json:"concerns"`

	// crowds are those that wait for one lock, or to send on one channel, in both.
	crowds []*crowd
}

// A crowd is goroutines that wait for the same: for one lock or channel, or at one
// place each for another.
type crowd struct {
	lock       bool
	place      string // state, stack and go statement of the first
	of         int    // locks or channels
	count      int
	goroutines []int64
}

// A Moment is one of two snapshots.
type Moment struct {
	TakenAt    time.Time `json:"taken_at"`
	PID        int       `json:"pid"`
	GoVersion  string    `json:"go_version"`
	Revision   string    `json:"revision,omitempty"`
	Goroutines int       `json:"goroutines"` // those of the runtime left out
}

// A Change is a number of goroutines then and now.
type Change struct {
	CreatedBy *Creator `json:"created_by"` // nil for main and for those of C code
	Stack     *Stack   `json:"stack,omitempty"`
	Before    int      `json:"before"`
	After     int      `json:"after"`
}

func (c *Change) grown() int { return c.After - c.Before }

// Stuck are goroutines that did not move.
type Stuck struct {
	State      string   `json:"state"` // in the second snapshot
	Stack      *Stack   `json:"stack"`
	CreatedBy  *Creator `json:"created_by"`
	Count      int      `json:"count"`
	Goroutines []int64  `json:"goroutines"` // the first ones when there are very many
	// SameWait counts those of which it is known that it is one and the same
	// wait, by the channel or lock, or by when it began.
	SameWait int           `json:"same_wait"`
	Longest  time.Duration `json:"longest_wait_ns,omitempty"`
}

// A StackGrowth is a goroutine's stack then and now.
type StackGrowth struct {
	Goroutine int64  `json:"goroutine"`
	Before    uint64 `json:"before_bytes"`
	After     uint64 `json:"after_bytes"`
	Deepest   string `json:"in"` // the innermost function of the application
}

// Compare compares two snapshots, the earlier one first.
func Compare(before, after *Snapshot) *Diff {
	d := &Diff{
		Before: moment(before), After: moment(after),
		SameProcess: before.Process.PID == after.Process.PID && before.Process.Start == after.Process.Start && before.Process.BootID == after.Process.BootID,
		Stuck:       []Stuck{}, Stacks: []StackGrowth{}, Requests: []Request{}, Concerns: []Finding{},
	}
	d.Sites = changes(before, after, func(g *Goroutine) string { return creatorKey(g.CreatedBy) }, false)
	d.Kinds = changes(before, after, func(g *Goroutine) string { return stackKey(g.Stack) + creatorKey(g.CreatedBy) }, true)
	if d.SameProcess {
		d.remained(before, after)
		d.requests(before, after)
	}
	d.concerns(after)
	return d
}

func moment(s *Snapshot) Moment {
	m := Moment{TakenAt: s.TakenAt, PID: s.Process.PID, GoVersion: s.GoVersion, Revision: s.Revision}
	for i := range s.Goroutines {
		if !s.Goroutines[i].System {
			m.Goroutines++
		}
	}
	return m
}

// creatorKey is the same for go statements that are the same. Two releases of a
// program have them on different lines, and then they are not.
func creatorKey(c *Creator) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%s\x00%s\x00%d", c.Func, c.File, c.Line)
}

func stackKey(s *Stack) string {
	if s == nil {
		return ""
	}
	var b strings.Builder
	for i := range s.Frames {
		if f := &s.Frames[i]; !f.Hidden {
			fmt.Fprintf(&b, "%s\x00%s\x00%d\x00", f.Func, f.File, f.Line)
		}
	}
	return b.String()
}

// changes counts goroutines by a key in both, and keeps what differs.
func changes(before, after *Snapshot, key func(*Goroutine) string, stacks bool) []Change {
	type count struct {
		Change
		key string
	}
	by := make(map[string]*count)
	visit := func(s *Snapshot, add func(*Change)) {
		for i := range s.Goroutines {
			g := &s.Goroutines[i]
			if g.System {
				continue
			}
			k := key(g)
			c := by[k]
			if c == nil {
				c = &count{Change: Change{CreatedBy: g.CreatedBy}, key: k}
				if stacks {
					c.Stack = g.Stack
				}
				by[k] = c
			}
			add(&c.Change)
		}
	}
	visit(before, func(c *Change) { c.Before++ })
	visit(after, func(c *Change) { c.After++ })
	var all []*count
	for _, c := range by {
		if c.Before != c.After {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *count) int {
		return cmp.Or(cmp.Compare(b.grown(), a.grown()), strings.Compare(a.key, b.key))
	})
	out := make([]Change, len(all))
	for i, c := range all {
		out[i] = c.Change
	}
	return out
}

// remained finds the goroutines that are in both: those at the same place, and
// those whose stacks grew.
func (d *Diff) remained(before, after *Snapshot) {
	old := make(map[int64]*Goroutine, len(before.Goroutines))
	for i := range before.Goroutines {
		old[before.Goroutines[i].ID] = &before.Goroutines[i]
	}
	crowds := make(map[uint64]*crowd)
	folded := make(map[string]*Stuck)
	var keys []string
	for i := range after.Goroutines {
		g := &after.Goroutines[i]
		was := old[g.ID]
		if was == nil || g.System {
			continue
		}
		if g.StackSize > was.StackSize && g.StackSize >= 1<<20 || g.StackSize >= largeStack {
			d.Stacks = append(d.Stacks, StackGrowth{Goroutine: g.ID, Before: was.StackSize, After: g.StackSize, Deepest: innermost(g.Stack)})
		}
		if !unmoved(was, g) {
			continue
		}
		key := g.State + "\x00" + stackKey(g.Stack) + creatorKey(g.CreatedBy)
		s := folded[key]
		if s == nil {
			s = &Stuck{State: g.State, Stack: g.Stack, CreatedBy: g.CreatedBy}
			folded[key] = s
			keys = append(keys, key)
		}
		s.Count++
		s.Longest = max(s.Longest, g.Wait)
		if sameWait(was, g) {
			s.SameWait++
			d.join(crowds, g, key)
		}
		if len(s.Goroutines) < maxNamed {
			s.Goroutines = append(s.Goroutines, g.ID)
		}
	}
	for _, key := range keys {
		d.Stuck = append(d.Stuck, *folded[key])
	}
	slices.SortStableFunc(d.Stuck, func(a, b Stuck) int { return cmp.Compare(b.Count, a.Count) })
	slices.SortStableFunc(d.Stacks, func(a, b StackGrowth) int { return cmp.Compare(b.After, a.After) })
}

// join counts a goroutine that still waits among those that wait for the same.
func (d *Diff) join(crowds map[uint64]*crowd, g *Goroutine, place string) {
	if !isLock(g.State) && g.State != "chan send" {
		return
	}
	c := crowds[g.WaitsFor]
	if c == nil || g.WaitsFor == 0 {
		c = &crowd{lock: isLock(g.State), place: place, of: 1}
		crowds[g.WaitsFor] = c
		d.crowds = append(d.crowds, c)
	}
	c.count++
	if len(c.goroutines) < maxNamed {
		c.goroutines = append(c.goroutines, g.ID)
	}
}

// unmoved reports whether a goroutine stands where it stood. One that runs never
// stands at the same instruction twice: for it the functions up to the innermost
// one of the application count.
func unmoved(was, is *Goroutine) bool {
	if was.Since != 0 && is.Since != 0 && was.Since != is.Since {
		return false // it has waited again since
	}
	if runs(was) && runs(is) {
		return callers(was.Stack) == callers(is.Stack) && callers(is.Stack) != ""
	}
	return was.State == is.State && stackKey(was.Stack) == stackKey(is.Stack)
}

func runs(g *Goroutine) bool { return g.State == "running" || g.State == "runnable" }

// sameWait reports whether a goroutine that did not move waits for the same: by
// when it began, which is the surest, or by what it waits for.
func sameWait(was, is *Goroutine) bool {
	return is.Since != 0 && was.Since == is.Since || is.WaitsFor != 0 && was.WaitsFor == is.WaitsFor
}

// callers are the functions of a stack from the innermost of the application on.
func callers(s *Stack) string {
	if s == nil {
		return ""
	}
	frames := s.shown(false)
	at := slices.IndexFunc(frames, isApp)
	if at < 0 {
		return ""
	}
	var b strings.Builder
	for _, f := range frames[at:] {
		b.WriteString(f.Func + "\x00")
	}
	return b.String()
}

// innermost is the innermost function of the application, or "".
func innermost(s *Stack) string {
	if s == nil {
		return ""
	}
	frames := s.shown(false)
	if at := slices.IndexFunc(frames, isApp); at >= 0 {
		return frames[at].Func
	}
	return ""
}

// requests finds those that were in flight in both.
func (d *Diff) requests(before, after *Snapshot) {
	type key struct {
		goroutine               int64
		method, url, connection string
		stream                  uint32
		start                   int64
	}
	of := func(r *Request) key {
		return key{r.Goroutine, r.Method, r.URL, r.Connection, r.Stream, r.StartedAt.UnixNano()}
	}
	old := make(map[key]bool)
	for i := range before.Requests {
		old[of(&before.Requests[i])] = true
	}
	for i := range after.Requests {
		if old[of(&after.Requests[i])] {
			d.Requests = append(d.Requests, after.Requests[i])
		}
	}
}

// folded makes one of the crowds of one that stand at the same place, and returns
// the largest crowds, at most ten.
func (d *Diff) folded() []*crowd {
	by := make(map[string]*crowd)
	var all []*crowd
	for _, c := range d.crowds {
		if c.count > 1 {
			all = append(all, c)
			continue
		}
		if of := by[c.place]; of != nil {
			of.of, of.count = of.of+1, of.count+1
			if len(of.goroutines) < maxNamed {
				of.goroutines = append(of.goroutines, c.goroutines...)
			}
			continue
		}
		one := *c
		by[c.place] = &one
		all = append(all, &one)
	}
	slices.SortStableFunc(all, func(a, b *crowd) int { return cmp.Compare(b.count, a.count) })
	return all[:min(len(all), 10)]
}

// concerns decides what of the differences speaks for a fault.
func (d *Diff) concerns(after *Snapshot) {
	for i := range d.Sites {
		// A site that grew by ten and by a fifth: pools breathe less than that.
		c := &d.Sites[i]
		if c.grown() < manyWaiting || c.grown()*5 < c.Before || len(d.Concerns) == 5 {
			continue
		}
		where := "without a go statement"
		if c.CreatedBy != nil {
			where = fmt.Sprintf("started by %s at %s:%d", c.CreatedBy.Func, base(c.CreatedBy.File), c.CreatedBy.Line)
		}
		d.Concerns = append(d.Concerns, Finding{Kind: "growth", Text: fmt.Sprintf("goroutines %s: %d, then %d", where, c.Before, c.After)})
	}
	between := d.After.TakenAt.Sub(d.Before.TakenAt)
	for _, c := range d.folded() {
		kind, does := "lock", "for"
		if !c.lock {
			kind, does = "channel", "to send on"
		}
		what := kind
		if c.of > 1 {
			what = fmt.Sprintf("%d %ss", c.of, kind)
		}
		text := fmt.Sprintf("%s %s the same %s as %s before", goroutines(c.count), does, what, rough(between))
		d.Concerns = append(d.Concerns, Finding{Kind: kind, Text: text, Goroutines: c.goroutines})
	}
	for i := range d.Stuck {
		s := &d.Stuck[i]
		n := goroutines(s.Count)
		kind, text := "", ""
		switch {
		case strings.HasSuffix(s.State, "(nil chan)"):
			kind, text = "nil_channel", n+" at a nil channel, for ever"
		case s.State == "running" || s.State == "runnable":
			kind, text = "busy", fmt.Sprintf("%d running in the same functions as %s before: a loop that does not end, unless it is meant not to", s.Count, rough(between))
		default:
			continue
		}
		d.Concerns = append(d.Concerns, Finding{Kind: kind, Text: text, Goroutines: s.Goroutines})
	}
	d.Concerns = append(d.Concerns, d.stayed()...)
	d.Concerns = append(d.Concerns, bigStacks(after)...)
}

// stayed finds requests that were in flight both times and should have ended, what
// most of them ask for first.
func (d *Diff) stayed() []Finding {
	type asked struct{ method, url string }
	by := make(map[asked]*Finding)
	count := make(map[*Finding]int)
	var all []*Finding
	for i := range d.Requests {
		r := &d.Requests[i]
		if r.lasts() {
			continue
		}
		f := by[asked{r.Method, r.URL}]
		if f == nil {
			f = &Finding{Kind: "request", Text: r.Method + " " + r.URL}
			by[asked{r.Method, r.URL}] = f
			all = append(all, f)
		}
		count[f]++
		if len(f.Goroutines) < maxNamed && r.Goroutine != 0 {
			f.Goroutines = append(f.Goroutines, r.Goroutine)
		}
	}
	slices.SortStableFunc(all, func(a, b *Finding) int { return cmp.Compare(count[b], count[a]) })
	out := make([]Finding, 0, min(len(all), 10))
	for _, f := range all[:min(len(all), 10)] {
		if n := count[f]; n > 1 {
			f.Text = fmt.Sprintf("%d requests %s are served since before the first snapshot", n, f.Text)
		} else {
			f.Text += " is served since before the first snapshot"
		}
		out = append(out, *f)
	}
	return out
}
