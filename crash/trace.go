package crash

// A Row is one line of the comparison of two stacks: a function that both have,
// or one of them.
type Row struct {
	Func string `json:"func"`          // as it counts: closure numbers, type arguments and the like left out
	Why  string `json:"why,omitempty"` // why it does not count; empty if it does
	A    *Step  `json:"a"`             // null where the first stack does not have it
	B    *Step  `json:"b"`
}

// A Step is a frame as printed, or the frames of all rounds of a recursion.
type Step struct {
	Func   string `json:"func"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Rounds int    `json:"rounds,omitempty"` // how often it is there, when it recurses
}

// A traced frame is a step with what became of it.
type traced struct {
	Step
	name string
	why  skip
}

// key is equal for steps that are one row.
func (t *traced) key() string { return t.name + "\x00" + string(t.why) }

// sideBySide compares two stacks frame by frame, for people.
func sideBySide(a, b *side) []Row {
	var all []Row
	for i := 0; i < max(len(a.traces), len(b.traces)); i++ {
		var x, y []traced
		if i < len(a.traces) {
			x = a.traces[i]
		}
		if i < len(b.traces) {
			y = b.traces[i]
		}
		all = append(all, alignSteps(x, y)...)
	}
	return all
}

func alignSteps(x, y []traced) []Row {
	keys := func(steps []traced) []string {
		out := make([]string, len(steps))
		for i := range steps {
			out[i] = steps[i].key()
		}
		return out
	}
	var all []Row
	j := 0
	row := func(a, b *traced) {
		one := a
		if one == nil {
			one = b
		}
		r := Row{Func: one.name, Why: string(one.why)}
		if a != nil {
			r.A = &a.Step
		}
		if b != nil {
			r.B = &b.Step
		}
		all = append(all, r)
	}
	for i, m := range matches(keys(x), keys(y)) {
		for ; m >= 0 && j < m; j++ {
			row(nil, &y[j])
		}
		if m >= 0 {
			row(&x[i], &y[m])
			j = m + 1
		} else {
			row(&x[i], nil)
		}
	}
	for ; j < len(y); j++ {
		row(nil, &y[j])
	}
	return all
}

// trace says of each frame of a stack what became of it. Of a recursion one
// round is left.
func trace(frames []Frame, g *Goroutine, picks []pick, whys []skip) []traced {
	digests := make([]digest, len(picks))
	for i := range picks {
		digests[i] = picks[i].name
	}
	runs := findRuns(digests, nil)
	var all []traced
	at := 0
	for i := range frames {
		f := &frames[i]
		if g != nil && g.Elided != 0 && g.ElidedAt == i {
			all = append(all, traced{name: "...", why: skipElision})
		}
		t := traced{Step: Step{Func: f.Func, File: f.File, Line: f.Line}, name: f.Func, why: whys[i]}
		if t.why != counts {
			all = append(all, t)
			continue
		}
		if at >= len(picks) {
			break
		}
		for len(runs) > 0 && at >= runs[0].from+runs[0].length {
			runs = runs[1:]
		}
		p := &picks[at]
		if t.name = p.text(); len(runs) > 0 && at >= runs[0].from {
			r := &runs[0]
			if at >= r.from+r.period {
				at++
				continue
			}
			p = &picks[r.from+(r.first+at-r.from)%r.period]
			t.Step, t.name = Step{Func: p.frame.Func, File: p.frame.File, Line: p.frame.Line}, p.text()
			t.Rounds = (r.length + r.period - 1) / r.period
		}
		at++
		all = append(all, t)
	}
	return all
}
