// Package leak watches the number of goroutines of a program and says so when it
// grows without end, and where the goroutines are started that do not end.
//
// Call [Watch] once, after backstop.Start:
//
//	defer leak.Watch(leak.Options{})()
//
// The watch has no goroutine and no timer, so Go's deadlock detector keeps
// working: it looks at the count, every ten seconds at most, when a request
// passes backstop.Handler or backstop.Go starts a goroutine. Without such traffic
// it sees nothing.
//
// It decides by the trend and not by a threshold. Bursts that go back, steps, a
// start that levels off, and a count that follows the traffic are no leaks (see
// judge in trend.go, and its tests). Then it compares two profiles and reports a
// [Growth] with the places.
//
// [Profile] asks the garbage collector instead, where the toolchain can: it finds
// goroutines that can never go on, but not those that merely wait too long.
package leak

import (
	"context"
	"sync"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/sampling"
)

// Options tell Watch how to look. The zero value works.
type Options struct {
	// Interval is how often the goroutines are counted at most; 10 s when 0.
	// It is also the unit of the watch's patience: it tells of nothing in its
	// first 360 intervals, an hour, in which programs fill up, and of nothing
	// that has not grown for a dozen minutes.
	Interval time.Duration
	// MinGrowth is by how many goroutines the count must have grown; 100 when
	// 0. It must have grown by a quarter, too.
	MinGrowth int
	// Quiet is how long the watch keeps quiet after a report; an hour when 0.
	Quiet time.Duration
	// OnGrowth is told of a growth, on a goroutine of its own. When nil,
	// backstop.Capture is, so that it becomes an issue.
	OnGrowth func(g *Growth)
}

func (o Options) withDefaults() Options {
	if o.Interval <= 0 {
		o.Interval = 10 * time.Second
	}
	if o.MinGrowth <= 0 {
		o.MinGrowth = 100
	}
	if o.Quiet <= 0 {
		o.Quiet = time.Hour
	}
	if o.OnGrowth == nil {
		o.OnGrowth = func(g *Growth) { backstop.Capture(context.Background(), g) }
	}
	return o
}

// Watch begins to watch. stop ends that, and waits for a report that is being
// made; OnGrowth must not call it.
func Watch(o Options) (stop func()) {
	w := newWatcher(o.withDefaults())
	remove := sampling.Add(w.look, w.options.Interval)
	return func() {
		remove()
		w.stop()
	}
}

// A watcher is a running watch.
type watcher struct {
	options Options
	at      work // what is done outside the lock, on a goroutine of its own
	done    sync.WaitGroup

	creators map[string]Site // by Site.Func, of earlier reports

	mu       sync.Mutex
	windows  []*window
	begun    time.Time
	busy     bool // work is under way
	stopped  bool
	reported time.Time
	level    int // that was reported last
}

// work are the expensive steps, replaced in tests.
type work struct {
	count  func() int
	take   func() (census, bool)
	report func(from census, g *Growth) bool
}

// scales are the lengths of the stretches that a window is made of, in
// intervals: at ten seconds a minute, ten minutes, an hour and a day. A window
// has twelve of them when it is judged, so that fast leaks are seen soon and slow
// ones through the waves of the days.
var scales = [...]int{6, 60, 360, 8640}

// settling is how many intervals a program has for filling its pools and caches,
// and for being found by its users, before its growth is told of.
const settling = 360

// lasting is how many judgements in a row a growth has to last: a count that
// drifts turns back.
const lasting = 3

func newWatcher(o Options) *watcher {
	w := &watcher{options: o, creators: make(map[string]Site)}
	w.at = work{count: count, take: takeCensus, report: w.report}
	for _, s := range scales {
		w.windows = append(w.windows, &window{length: time.Duration(s) * o.Interval})
	}
	return w
}

// look is a sample, on a goroutine of the program. It takes microseconds.
func (w *watcher) look(now time.Time) {
	w.sample(now, w.at.count(), sampling.Passes())
}

func (w *watcher) sample(now time.Time, n int, passes uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || w.busy {
		return
	}
	if w.begun.IsZero() {
		w.begun = now
	}
	var asked *window
	var trends trend
	for i, win := range w.windows {
		if !win.add(now, n, passes) {
			continue
		}
		if i == 0 {
			w.passOn(win.points[len(win.points)-1].floor)
		}
		t := w.judge(win)
		if win.lasting++; !t.growing {
			win.lasting = 0
		}
		t.growing = win.lasting >= lasting
		switch {
		case t.quiet():
			win.before = nil
		case asked == nil || t.growing && !trends.growing:
			asked, trends = win, t
		}
	}
	if asked != nil {
		w.act(now, asked, trends)
	}
}

// passOn tells the longer stretches of the floor of a short one.
func (w *watcher) passOn(floor int) {
	for _, win := range w.windows[1:] {
		win.peak = max(win.peak, floor)
	}
}

// judge decides about a window: about all of it or, when the growth has begun
// only lately, about its end.
func (w *watcher) judge(win *window) trend {
	t := judge(win.points, w.options.MinGrowth, w.known(win.points[0].at.Add(-win.length)))
	if later := len(win.points) - minPoints; t.quiet() && later > 0 {
		end := win.points[later:]
		t = judge(end, w.options.MinGrowth, w.known(end[0].at.Add(-win.length)))
	}
	return t
}

// known is how high the count has been before a time.
func (w *watcher) known(begin time.Time) int {
	known := w.level
	for _, win := range w.windows {
		for _, p := range win.points {
			if !p.at.After(begin) {
				known = max(known, p.peak)
			}
		}
	}
	return known
}

// act does what a trend asks for. The lock is held.
func (w *watcher) act(now time.Time, win *window, t trend) {
	switch {
	case win.before == nil:
		// The first of the two profiles.
		w.start(func() {
			c, ok := w.at.take()
			w.mu.Lock()
			defer w.mu.Unlock()
			if ok {
				win.before = &c
			}
		})
	case t.growing && now.Sub(w.begun) >= settling*w.options.Interval &&
		(w.reported.IsZero() || now.Sub(w.reported) >= w.options.Quiet):
		g := &Growth{From: t.from, To: t.to, Over: t.over, PerMinute: t.perMinute}
		before := *win.before
		w.start(func() {
			if !w.at.report(before, g) {
				return
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.reported, w.level = now, g.To
			for _, win := range w.windows {
				win.reset()
			}
		})
	}
}

// start runs f on a goroutine of its own. There is another one between the two,
// because what a goroutine reports is attributed to the request that its creator
// serves, and that is innocent. The lock is held.
func (w *watcher) start(f func()) {
	w.busy = true
	w.done.Add(1)
	go func() {
		go func() {
			defer w.done.Done()
			defer w.ready()
			defer backstop.Recover() // a fault of ours, or of OnGrowth
			f()
		}()
	}()
}

func (w *watcher) ready() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
}

func (w *watcher) stop() {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.done.Wait()
}

// recall fills in who creates the goroutines of a site, when it was found out
// before there were too many to ask: a leak that goes on has to stay one issue.
// Only one report is made at a time.
func (w *watcher) recall(sites []Site) {
	for i := range sites {
		s := &sites[i]
		if was, ok := w.creators[s.Func]; s.CreatedBy == "" && ok {
			s.CreatedBy, s.File, s.Line = was.CreatedBy, was.File, was.Line
		}
		if s.CreatedBy != "" {
			w.creators[s.Func] = *s
		}
	}
}

// report tells of a growth, unless the second profile shows that there is none
// any more.
func (w *watcher) report(before census, g *Growth) bool {
	if after, ok := w.at.take(); ok {
		if g.locate(before, after); len(g.Sites) == 0 {
			return false
		}
		w.recall(g.Sites)
	}
	g.States = states()
	w.options.OnGrowth(g)
	return true
}
