package crash

// Settled returns an offset of the stream: nothing that stands before it is part
// of a crash that Next has still to return. It lags behind what was read while
// a crash is under way, and while lines wait for what follows them to tell what
// they are.
//
// It serves those who pass text on while they read it. They may call it from the
// Read method of the io.Reader under r; after Next has returned a crash it tells
// of the text behind that one.
func (r *Reader) Settled() int64 {
	if len(r.asm.done) == 0 && (r.err != nil || r.wraps.settled()) {
		r.settled = r.lines.offset
	}
	return r.settled
}

// settled reports whether no line seen so far can become part of a crash.
func (u *unwrapper) settled() bool {
	if !u.plain.settled() || len(u.held.lines) > 0 || u.order.on || u.zone.on || len(u.mend.pending) > 0 {
		return false
	}
	for _, s := range u.sources {
		if s.parted || !s.inner.settled() {
			return false
		}
	}
	return true
}

func (a *assembler) settled() bool {
	if a.mode != idle {
		return false
	}
	if !a.nearby {
		return true
	}
	// A call may be the first line of a text whose beginning is missing.
	fn, _, ok := cutCall(a.before)
	return !ok || !plausibleFunc(fn)
}
