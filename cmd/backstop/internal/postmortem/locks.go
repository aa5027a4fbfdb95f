package postmortem

import (
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// The runtime does not know who has locked a sync.Mutex. What can be known: a
// goroutine that has deferred the Unlock of a lock holds it, when nothing on the
// way from there to where it waits unlocks anything by itself. Whoever unlocks
// without defer is not seen.

// How much is looked at for locks that are held.
const (
	maxLockers     = 1000 // goroutines
	maxLockFrames  = 200  // calls of one stack
	maxDeferClosed = 64   // deferred calls of one stack
)

// Functions that give a lock back, at least for a while. Those of the package
// internal/sync, from Go 1.24 on, count as these.
var unlocking = []string{
	"sync.(*Mutex).Unlock", "sync.(*Mutex).unlockSlow", "sync.(*RWMutex).Unlock", "sync.(*RWMutex).RUnlock",
	"sync.(*RWMutex).rUnlockSlow", "sync.(*Cond).Wait",
}

// A deferral is a deferred call that is pending.
type deferral struct {
	depth    int    // of the frame that deferred it: its place in takenG.entries
	code     uint64 // of what is called
	captured uint64 // the first word that it captured
}

// takeDeferrals reads what goroutines that wait for locks have deferred. It is of
// interest only where two do.
func (t *taken) takeDeferrals() {
	var waiting []*takenG
	for _, g := range t.gs {
		if g.waitsFor != 0 && isLock(g.State) && len(waiting) < maxLockers {
			waiting = append(waiting, g)
		}
	}
	u := goproc.NewUnwinder(t.im.Program)
	for _, g := range waiting {
		u.Walk(&g.stack, g.regs, nil, func(f *goproc.Frame) bool {
			if f.Inlined {
				return true
			}
			for _, closure := range t.im.Program.Deferred(&g.stack, f) {
				if len(g.deferred) < maxDeferClosed {
					g.deferred = append(g.deferred, deferral{len(g.entries), t.memory.word(closure), t.memory.word(closure + 8)})
				}
			}
			g.entries = append(g.entries, f.Entry)
			return len(g.entries) < maxLockFrames
		})
	}
}

// A lockReader says which locks goroutines hold.
type lockReader struct {
	p       *goproc.Program
	waited  map[uint64][]uint64  // what somebody waits for, by the lock that it may be of
	unlocks map[uint64]*unlocker // by address of code
}

type unlocker struct {
	unlocks   bool
	variables []uint64
}

func (t *taken) lockReader() *lockReader {
	r := &lockReader{p: t.im.Program, waited: make(map[uint64][]uint64), unlocks: make(map[uint64]*unlocker)}
	for _, g := range t.gs {
		if g.waitsFor != 0 && isLock(g.State) {
			for _, lock := range locksOf(g) {
				if !slices.Contains(r.waited[lock], g.waitsFor) {
					r.waited[lock] = append(r.waited[lock], g.waitsFor)
				}
			}
		}
	}
	return r
}

// unlocker looks up whether a function unlocks.
func (r *lockReader) unlocker(code uint64) *unlocker {
	u := r.unlocks[code]
	if u == nil {
		u = new(unlocker)
		u.unlocks, u.variables = r.p.Calls(code, unlocking...)
		r.unlocks[code] = u
	}
	return u
}

// holds returns the locks that a goroutine holds and others wait for, by the
// addresses of what those wait for.
func (r *lockReader) holds(g *takenG) (all []uint64) {
	for _, d := range g.deferred {
		u := r.unlocker(d.code)
		if !u.unlocks {
			continue
		}
		for _, lock := range append([]uint64{d.captured}, u.variables...) {
			for _, sema := range r.waited[lock] {
				if !slices.Contains(all, sema) && r.keeps(g, d.depth, sema) {
					all = append(all, sema)
				}
			}
		}
	}
	return all
}

// locksOf returns where the lock begins that a goroutine waits for: a Mutex has its
// semaphore behind its state. An RWMutex begins with a Mutex, at which writers wait
// for one another, and has one semaphore for writers and one for readers behind it
// (sync/mutex.go, sync/rwmutex.go).
func locksOf(g *takenG) []uint64 {
	if strings.HasPrefix(g.State, "sync.RWMutex") {
		return []uint64{g.waitsFor - 8, g.waitsFor - 12}
	}
	return []uint64{g.waitsFor - 4}
}

// keeps reports whether no function from the one that deferred an Unlock to where
// the goroutine waits unlocks anything. One that waits for the lock itself in that
// very function has deferred first and locks now.
func (r *lockReader) keeps(g *takenG, depth int, sema uint64) bool {
	innermost := true
	for i, entry := range g.entries[:depth+1] {
		fn, err := r.p.File.FuncAt(entry - r.p.Bias)
		if err != nil {
			return false
		}
		name := strings.TrimPrefix(fn.Name, "internal/")
		if strings.HasPrefix(name, "sync.") || strings.HasPrefix(name, "runtime.") {
			if name == "sync.(*Cond).Wait" {
				return false
			}
			continue
		}
		if innermost && i == depth && g.waitsFor == sema {
			return false
		}
		innermost = false
		if r.unlocker(entry).unlocks {
			return false
		}
	}
	return true
}

// lockCycles finds goroutines that wait for one another: each for a lock that the
// next one holds.
func lockCycles(s *Snapshot) []Finding {
	waiting, holders := make(map[int64]*Goroutine), make(map[uint64][]int64)
	for i := range s.Goroutines {
		g := &s.Goroutines[i]
		if g.WaitsFor == 0 || !isLock(g.State) {
			continue
		}
		waiting[g.ID] = g
		for _, lock := range g.Holds {
			holders[lock] = append(holders[lock], g.ID)
		}
	}
	var all []Finding
	done := make(map[int64]bool)
	for i := range s.Goroutines {
		var path []*Goroutine
		at := make(map[int64]int)
		for g := waiting[s.Goroutines[i].ID]; g != nil && !done[g.ID]; g = next(g, waiting, holders) {
			if from, seen := at[g.ID]; seen {
				all = append(all, cycle(path[from:]))
				break
			}
			at[g.ID] = len(path)
			path = append(path, g)
		}
		for _, g := range path {
			done[g.ID] = true
		}
	}
	return all[:min(len(all), 5)]
}

// next is the goroutine that holds what one waits for, nil when it is not known or
// does not wait itself. Of those that wait for the same lock none holds it, unless
// it is one that has locked it before.
func next(g *Goroutine, waiting map[int64]*Goroutine, holders map[uint64][]int64) *Goroutine {
	const enough = 100 // readers of one lock
	all := holders[g.WaitsFor]
	for _, id := range all[:min(len(all), enough)] {
		if h := waiting[id]; h != nil && (h == g || h.WaitsFor != g.WaitsFor) {
			return h
		}
	}
	return nil
}

func cycle(members []*Goroutine) Finding {
	if len(members) == 1 {
		return about("lock_cycle", members, "a goroutine waits for a lock that it has locked itself: it never goes on")
	}
	return about("lock_cycle", members, "%d goroutines wait for one another, each for a lock that the next one has locked: they never go on", len(members))
}
