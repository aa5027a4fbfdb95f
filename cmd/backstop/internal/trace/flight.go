package trace

import (
	"slices"
	"sort"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// Limits of panics in flight. Above maxFlights the oldest are told without an
// outcome, above maxTold the oldest of those are forgotten.
const (
	maxFlights = 1 << 14
	maxTold    = 1 << 10
)

// A flight is a panic whose end has not been seen.
type flight struct {
	e      *Event
	key    goroutine
	at     time.Duration // since boot
	depth  uint64        // as of its record
	landed bool
}

// A goroutine of a process, by the address of its g.
type goroutine struct {
	p *process
	g uint64
}

// flights are the panics in flight: of each goroutine the oldest first, and of
// all by age.
type flights struct {
	of    map[goroutine][]*flight
	queue []*flight // not told yet
	told  []*flight
}

func newFlights() flights { return flights{of: make(map[goroutine][]*flight)} }

func (fs *flights) add(f *flight) {
	fs.of[f.key] = append(fs.of[f.key], f)
	fs.queue = append(fs.queue, f)
}

// newest returns the newest panic of a goroutine; nil when there is none.
func (fs *flights) newest(key goroutine) *flight {
	if list := fs.of[key]; len(list) > 0 {
		return list[len(list)-1]
	}
	return nil
}

// has reports whether the panic of a goroutine that began at a time is known.
func (fs *flights) has(key goroutine, at time.Duration) bool {
	return slices.ContainsFunc(fs.of[key], func(f *flight) bool { return f.at == at })
}

// land takes the panic that a recovery ends, and older ones of the goroutine that end
// with it: those further down its stack than the place where it goes on. The panic is
// nil when it is not known. Where more were nested than the kernel keeps, the newest
// of those is the one.
func (fs *flights) land(key goroutine, r *bpf.Record) (f *flight, older []*flight) {
	list := fs.of[key]
	i := slices.IndexFunc(list, func(f *flight) bool { return f.at == r.Since })
	if i < 0 && r.Nested && r.Since == 0 && len(list) > 0 && list[len(list)-1].depth > r.Depth {
		i = len(list) - 1
	}
	to, left := i, int(r.Panics)-1 // how many may end with it
	if i >= 0 {
		f = list[i]
	} else {
		to = sort.Search(len(list), func(k int) bool { return list[k].at > r.Since })
	}
	from := to
	for from > 0 && (left > 0 || r.Nested) && list[from-1].depth > r.Depth {
		from, left = from-1, left-1
	}
	older = slices.Clone(list[from:to])
	if f != nil {
		to++
		f.landed = true
	}
	for _, o := range older {
		o.landed = true
	}
	fs.keep(key, slices.Delete(list, from, to))
	return f, older
}

// landAll takes all panics of a goroutine, oldest first.
func (fs *flights) landAll(key goroutine) []*flight {
	list := fs.of[key]
	delete(fs.of, key)
	for _, f := range list {
		f.landed = true
	}
	return list
}

// ofProcess takes all panics of a process, oldest first.
func (fs *flights) ofProcess(p *process) (all []*flight) {
	for key := range fs.of {
		if key.p == p {
			all = append(all, fs.landAll(key)...)
		}
	}
	slices.SortFunc(all, func(a, b *flight) int { return int(a.at - b.at) })
	return all
}

func (fs *flights) keep(key goroutine, list []*flight) {
	if len(list) == 0 {
		delete(fs.of, key)
		return
	}
	fs.of[key] = list
}

// overdue returns the panics that began before a time, or that are too many. They
// stay in flight, and are returned once.
func (fs *flights) overdue(before time.Duration) (late []*flight) {
	if len(fs.queue) > maxFlights {
		fs.queue = slices.DeleteFunc(fs.queue, func(f *flight) bool { return f.landed })
	}
	n := 0
	for _, f := range fs.queue {
		if !f.landed && f.at >= before && len(fs.queue)-n <= maxFlights {
			break
		}
		n++
		if !f.landed {
			late = append(late, f)
		}
	}
	fs.queue = fs.queue[n:]
	fs.told = append(fs.told, late...)
	for len(fs.told) > maxTold {
		f := fs.told[0]
		fs.told = fs.told[1:]
		if !f.landed {
			f.landed = true
			fs.keep(f.key, slices.DeleteFunc(fs.of[f.key], func(o *flight) bool { return o == f }))
		}
	}
	return late
}
