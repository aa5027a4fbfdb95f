package trace

import (
	"slices"
	"time"
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

// land takes the panic that began at a time, and older ones of the goroutine
// that end with it, n in all. The panic is nil when it is not known, and nothing
// is taken then.
func (fs *flights) land(key goroutine, at time.Duration, n int) (f *flight, older []*flight) {
	list := fs.of[key]
	i := slices.IndexFunc(list, func(f *flight) bool { return f.at == at })
	if i < 0 {
		return nil, nil
	}
	from := max(i-max(n, 1)+1, 0)
	f, older = list[i], slices.Clone(list[from:i])
	fs.keep(key, slices.Delete(list, from, i+1))
	f.landed = true
	for _, o := range older {
		o.landed = true
	}
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
