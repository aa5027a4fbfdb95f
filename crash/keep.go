package crash

// keep says which goroutines of a crash stay in its report.
type keep uint8

const (
	keepSome  keep = iota // the first ones; the rest is folded
	keepAll               // all
	keepCrash             // the one that crashed
)

const (
	// keepGoroutines and keepFrames bound what keepSome keeps one by one.
	keepGoroutines = 1000
	keepFrames     = 50_000

	// maxForged is how much text behind a headline may be message that looks
	// like stacks, in bytes. Goroutines are kept until it is passed.
	maxForged = 1 << 20
)

// A keeper follows the goroutines of one report, and folds those that the
// report does not keep.
type keeper struct {
	keep   keep
	each   func(*Goroutine)
	count  int // headers
	body   int // bytes behind the last headline of a panic
	sealed int // goroutines at the beginning of the report that are whole
	frames int // of those
	folder folder
}

// mayForge reports whether the message may hold text that looks like stacks.
func (d *draft) mayForge() bool { return d.kind == KindPanic && !d.report.Recovered }

// mayBeForged reports whether what looks like a stack may still prove to be
// part of the message.
func (d *draft) mayBeForged() bool { return d.mayForge() && d.keeper.body < maxForged }

// seal takes note that the last goroutine is whole.
func (d *draft) seal() {
	k := &d.keeper
	n := len(d.report.Goroutines)
	if d.mayBeForged() {
		d.dropOther()
		return
	}
	if n == k.sealed || d.kind == KindRace && n <= maxAccessors {
		return // a race is its two accessors
	}
	d.tell(k.sealed)
	for ; k.sealed < n; k.sealed++ {
		k.frames += len(d.report.Goroutines[k.sealed].Frames)
	}
	if n > 1 && (k.keep == keepCrash || k.keep == keepSome && (n > keepGoroutines || k.frames > keepFrames)) {
		d.drop()
	}
}

// dropOther takes the last goroutine out of a report that keeps the crashing one
// only, while that one may still prove to be part of the message: the real one
// would be running (firstReal).
func (d *draft) dropOther() {
	n := len(d.report.Goroutines) - 1
	if d.keeper.keep == keepCrash && n > 0 && n < len(d.starts) && d.starts[0].blank && d.last().State != "running" {
		d.report.Goroutines, d.starts = d.report.Goroutines[:n], d.starts[:n]
	}
}

// folding reports whether no goroutine that is still to come stays in the report.
func (d *draft) folding() bool {
	k := &d.keeper
	n := len(d.report.Goroutines)
	return !d.mayBeForged() && n > 0 && n == k.sealed && (k.keep == keepCrash || k.keep == keepSome && (n >= keepGoroutines || k.frames > keepFrames))
}

// tell calls Reader.Goroutine for the goroutines from the given one on.
func (d *draft) tell(from int) {
	if d.keeper.each == nil {
		return
	}
	to := len(d.report.Goroutines)
	if d.keeper.keep == keepCrash && d.kind != KindRace {
		to = min(to, 1)
	}
	for i := from; i < to; i++ {
		d.keeper.each(&d.report.Goroutines[i])
	}
}

// drop takes the last goroutine out of the report.
func (d *draft) drop() {
	k := &d.keeper
	n := len(d.report.Goroutines) - 1
	g := &d.report.Goroutines[n]
	d.report.awake = d.report.awake || !waitsForGoroutine(g.State) && !backgroundState(g.State)
	if k.keep == keepSome {
		k.folder.add(g)
	}
	if k.frames -= len(g.Frames); d.main && len(g.Frames) > 0 {
		d.job.kit.scanner.again()
	}
	k.sealed = n
	d.report.Goroutines = d.report.Goroutines[:n]
}

// keepFinally is called when the report is whole: its goroutines begin with the
// first one that is no part of the message, and that one is the crashing one.
func (d *draft) keepFinally(first int) {
	r, k := &d.report, &d.keeper
	r.GoroutineCount = k.count
	if first > 0 {
		r.GoroutineCount -= d.starts[first].before
	}
	d.tell(max(k.sealed-first, 0))
	if k.keep == keepCrash && r.Kind != KindRace && len(r.Goroutines) > 1 {
		r.Goroutines = r.Goroutines[:1:1]
	}
	r.folded = k.folder.buckets
	if k.folder.lost > 0 {
		d.problems("goroutines_not_kept", 0, k.folder.lost, nil)
	}
}
