package gobin

import "sort"

// A Line is a line of source and how many bytes of code a function has of it.
type Line struct {
	Number int
	Size   uint64
}

// Lines returns the lines of the function's file that its code comes from, in
// order. Code that was inlined into it counts at the line of the call. A
// function that is Inlined has none.
func (f *File) Lines(fn Func) ([]Line, error) {
	if fn.Inlined {
		return nil, nil
	}
	r := f.t.reader()
	i, err := f.t.search(&r.ftab, fn.Entry)
	if err != nil {
		return nil, err
	}
	rec, err := r.record(i)
	if err != nil {
		return nil, err
	}
	_, lines, err := r.positions(&rec)
	if err != nil {
		return nil, err
	}
	var inlined []run
	if rec.inline != 0 && rec.tree != 0 {
		if err := r.runs(&rec, rec.inline, func(u run) bool {
			inlined = append(inlined, u)
			return true
		}); err != nil {
			return nil, err
		}
	}
	size := make(map[int]uint64)
	calls := make(map[int32]int) // line of each call of the inline tree
	next := 0
	for _, u := range lines {
		for pc := u.from; pc < u.to; {
			for next < len(inlined) && inlined[next].to <= pc {
				next++
			}
			to, line := u.to, int(u.value)
			if next < len(inlined) {
				to = min(to, inlined[next].to)
				if call := inlined[next].value; call >= 0 {
					if line, err = r.callLine(&rec, lines, inlined, call, calls); err != nil {
						return nil, err
					}
				}
			}
			if line > 0 {
				size[line] += to - pc
			}
			pc = to
		}
	}
	all := make([]Line, 0, len(size))
	for line, n := range size {
		all = append(all, Line{line, n})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Number < all[j].Number })
	return all, nil
}

// callLine returns the line of the outermost of the calls that led to call i of
// the inline tree.
func (r *reader) callLine(rec *record, lines, inlined []run, i int32, known map[int32]int) (int, error) {
	var chain []int32
	line := 0
	for n := 0; ; n++ {
		if n == maxInline {
			return 0, corrupt("inline tree", "calls without end")
		}
		if l, ok := known[i]; ok {
			line = l
			break
		}
		chain = append(chain, i)
		c, err := r.call(rec, i)
		if err != nil {
			return 0, err
		}
		if i = at(inlined, c.parent); i < 0 {
			line = int(at(lines, c.parent))
			break
		}
	}
	for _, call := range chain {
		known[call] = line
	}
	return line, nil
}
