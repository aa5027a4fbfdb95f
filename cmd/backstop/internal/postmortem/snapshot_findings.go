package postmortem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Finding is something in a snapshot that a person should look at first.
type Finding struct {
	Kind string `json:"kind"` // stable; see docs/snapshot.md
	Text string `json:"text"` // a sentence
	// Goroutines that it is about, the first ones when there are very many.
	Goroutines []int64 `json:"goroutines,omitempty"`
}

// When something is suspicious.
const (
	manyWaiting  = 10          // goroutines at one lock, or at one channel that nobody receives from
	manyAlike    = 1000        // goroutines with one stack
	longWait     = time.Minute // the shortest that a traceback mentions
	severalWait  = 10 * time.Second
	longRequest  = 30 * time.Second
	maxStackSize = 1_000_000_000 // bytes; runtime/proc.go, main: the default of debug.SetMaxStack on 64 bits
	largeStack   = maxStackSize / 16
	maxNamed     = 100 // goroutines that a finding names
)

// Findings are what is suspicious in the snapshot, the worst first.
func (s *Snapshot) Findings() []Finding {
	var all []Finding
	for _, look := range []func(*Snapshot) []Finding{stopped, asleep, lockCycles, nobodyWakes, locks, alike, bigStacks, slowRequests, unwinding, starving} {
		all = append(all, look(s)...)
	}
	return all
}

// about makes a finding of some goroutines.
func about(kind string, goroutines []*Goroutine, format string, args ...any) Finding {
	f := Finding{Kind: kind, Text: fmt.Sprintf(format, args...)}
	for _, g := range goroutines[:min(len(goroutines), maxNamed)] {
		f.Goroutines = append(f.Goroutines, g.ID)
	}
	return f
}

func stopped(s *Snapshot) []Finding {
	if s.Scheduler == nil || !s.Scheduler.StopTheWorld || s.Dying != "" { // a runtime that dies stops it (runtime/panic.go, startpanic_m)
		return nil
	}
	return []Finding{{Kind: "stop_the_world", Text: "the world is stopped, or being stopped, as by a runtime that dies: while that lasts nothing else runs"}}
}

// asleep tells a program in which every goroutine waits for another one. The
// runtime finds that itself unless there is a timer, cgo, or a goroutine that
// waits for signals (runtime/proc.go, checkdead).
func asleep(s *Snapshot) []Finding {
	var waiting []*Goroutine
	for i := range s.Goroutines {
		g := &s.Goroutines[i]
		switch {
		case g.System || g.calls("os/signal.signal_recv"):
		case forOthers(g.State):
			waiting = append(waiting, g)
		default:
			return nil
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return []Finding{about("deadlock", waiting, "every goroutine waits for another one: only a timer, a signal or C code can still wake them")}
}

// forOthers tells whether a wait ends by what another goroutine does.
func forOthers(state string) bool {
	return strings.HasPrefix(state, "chan ") || strings.HasPrefix(state, "select") || isLock(state) ||
		state == "sync.WaitGroup.Wait" || state == "sync.Cond.Wait"
}

// isLock tells the wait for a lock from others. Up to Go 1.19 all had one name.
func isLock(state string) bool {
	return strings.HasPrefix(state, "sync.Mutex") || strings.HasPrefix(state, "sync.RWMutex") || state == "semacquire"
}

// calls reports whether a goroutine is in a function.
func (g *Goroutine) calls(fn string) bool {
	return g.Stack != nil && slices.ContainsFunc(g.Stack.Frames, func(f Frame) bool { return f.Func == fn })
}

func nobodyWakes(s *Snapshot) []Finding {
	var nils, leaked []*Goroutine
	for i := range s.Goroutines {
		switch g := &s.Goroutines[i]; {
		case g.Leaked:
			leaked = append(leaked, g)
		case strings.HasSuffix(g.State, "(nil chan)"):
			nils = append(nils, g)
		}
	}
	var all []Finding
	if len(leaked) > 0 {
		all = append(all, about("leaked", leaked, "%s: the collector found that nothing can wake them any more", goroutines(len(leaked))))
	}
	if len(nils) > 0 {
		all = append(all, about("nil_channel", nils, "%s at a nil channel, for ever", goroutines(len(nils))))
	}
	return all
}

// locks finds crowds before one lock, or before one channel that nobody takes
// anything from.
func locks(s *Snapshot) []Finding {
	type waiters struct {
		state   string
		addr    uint64
		members []*Goroutine
		longest time.Duration
	}
	by := make(map[uint64]*waiters)
	for i := range s.Goroutines {
		g := &s.Goroutines[i]
		if g.WaitsFor == 0 || !isLock(g.State) && g.State != "chan send" {
			continue
		}
		c := by[g.WaitsFor]
		if c == nil {
			c = &waiters{state: g.State, addr: g.WaitsFor}
			by[g.WaitsFor] = c
		}
		c.members = append(c.members, g)
		c.longest = max(c.longest, g.Wait)
	}
	// Several locks that are waited for so long make sense of one another: a wait
	// for the first may be why the second is held.
	slow, enough := 0, longWait
	for _, c := range by {
		if c.state != "chan send" && c.longest >= severalWait {
			slow++
		}
	}
	if slow > 1 {
		enough = severalWait
	}
	var crowds []*waiters
	for _, c := range by {
		lock := c.state != "chan send"
		if len(c.members) >= manyWaiting || lock && c.longest >= enough || !lock && c.longest >= longWait && len(c.members) > 1 {
			crowds = append(crowds, c)
		}
	}
	slices.SortFunc(crowds, func(a, b *waiters) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.addr, b.addr))
	})
	var all []Finding
	for _, c := range crowds[:min(len(crowds), 5)] {
		what, kind := fmt.Sprintf("for one lock (%s)", c.state), "lock"
		if c.state == "chan send" {
			what, kind = "to send on one channel, from which nobody receives", "channel"
		}
		text := fmt.Sprintf("%s %s", goroutines(len(c.members)), what)
		if c.longest > 0 {
			text += fmt.Sprintf(", the first for at least %s", rough(c.longest))
		}
		all = append(all, about(kind, c.members, "%s", text))
	}
	return all
}

// alike finds goroutines of one go statement with one stack that wait in very
// large numbers: each of them was started, and none has ended.
func alike(s *Snapshot) []Finding {
	type kind struct {
		stack *Stack
		by    *Creator
	}
	by := make(map[kind][]*Goroutine)
	for i := range s.Goroutines {
		g := &s.Goroutines[i]
		if !g.System && g.State != "running" && g.State != "runnable" {
			by[kind{g.Stack, g.CreatedBy}] = append(by[kind{g.Stack, g.CreatedBy}], g)
		}
	}
	var all []Finding
	for k, members := range by {
		if len(members) < manyAlike {
			continue
		}
		where := ""
		if k.by != nil {
			where = fmt.Sprintf(", started by %s at %s:%d", k.by.Func, base(k.by.File), k.by.Line)
		}
		all = append(all, about("many_alike", members, "%d goroutines wait at the same place%s: a leak, unless they are meant to be", len(members), where))
	}
	slices.SortFunc(all, func(a, b Finding) int { return strings.Compare(a.Text, b.Text) })
	return all[:min(len(all), 5)]
}

func bigStacks(s *Snapshot) []Finding {
	var big []*Goroutine
	for i := range s.Goroutines {
		if g := &s.Goroutines[i]; g.StackSize >= largeStack {
			big = append(big, g)
		}
	}
	slices.SortStableFunc(big, func(a, b *Goroutine) int { return cmp.Compare(b.StackSize, a.StackSize) })
	var all []Finding
	for _, g := range big[:min(len(big), 5)] {
		doublings := 0
		for size := g.StackSize * 2; size <= maxStackSize; size *= 2 {
			doublings++
		}
		next := "the next time it grows"
		if doublings > 0 {
			next = fmt.Sprintf("when it has grown %d times more", doublings+1)
		}
		all = append(all, about("stack", []*Goroutine{g}, "the stack of goroutine %d is %s large; the process ends %s, at the usual limit of %s", g.ID, size(g.StackSize), next, size(maxStackSize)))
	}
	return all
}

// slowRequests finds requests that have been served for long: since they began
// where that is known, otherwise for as long as their goroutine waits, or beyond
// their deadline.
func slowRequests(s *Snapshot) []Finding {
	waits := make(map[int64]time.Duration)
	for i := range s.Goroutines {
		waits[s.Goroutines[i].ID] = s.Goroutines[i].Wait
	}
	f := Finding{Kind: "request"}
	longest := time.Duration(0)
	n := 0
	for i := range s.Requests {
		r := &s.Requests[i]
		served := time.Duration(0)
		switch {
		case !r.StartedAt.IsZero():
			served = s.TakenAt.Sub(r.StartedAt)
		case r.Goroutine != 0 && !r.lasts():
			served = waits[r.Goroutine]
		}
		if !r.Deadline.IsZero() && !s.TakenAt.IsZero() {
			served = max(served, s.TakenAt.Sub(r.Deadline))
		}
		if served < longRequest {
			continue
		}
		n++
		longest = max(longest, served)
		if len(f.Goroutines) < maxNamed {
			f.Goroutines = append(f.Goroutines, r.Goroutine)
		}
	}
	if n == 0 {
		return nil
	}
	f.Text = fmt.Sprintf("%d requests have been served for more than %s, the oldest for %s", n, rough(longRequest), rough(longest))
	if n == 1 {
		f.Text = "a request has been served for " + rough(longest)
	}
	return []Finding{f}
}

// lasts reports whether a request is a stream of gRPC, which may well be meant to
// last.
func (r *Request) lasts() bool { return r.Protocol == GRPC && r.Kind != "unary" }

// unwinding finds goroutines in the middle of a panic.
func unwinding(s *Snapshot) []Finding {
	var all []*Goroutine
	for i := range s.Goroutines {
		if g := &s.Goroutines[i]; g.calls("runtime.gopanic") {
			all = append(all, g)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return []Finding{about("panicking", all, "%d goroutines are panicking: their deferred functions run", len(all))}
}

func starving(s *Snapshot) []Finding {
	if s.Scheduler == nil || len(s.Scheduler.Processors) == 0 {
		return nil
	}
	var ready []*Goroutine
	for i := range s.Goroutines {
		if g := &s.Goroutines[i]; g.State == "runnable" {
			ready = append(ready, g)
		}
	}
	if n := len(s.Scheduler.Processors); len(ready) > 10*n {
		return []Finding{about("runnable", ready, "%d goroutines are ready to run and wait for one of %d processors", len(ready), n)}
	}
	return nil
}

func goroutines(n int) string {
	if n == 1 {
		return "a goroutine waits"
	}
	return fmt.Sprintf("%d goroutines wait", n)
}

// rough is a duration for people.
func rough(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

// size is a number of bytes for people.
func size(n uint64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	switch {
	case i == 0 || f >= 10 || f == float64(int(f)):
		return fmt.Sprintf("%.0f %s", f, units[i])
	default:
		return fmt.Sprintf("%.1f %s", f, units[i])
	}
}

func base(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }
