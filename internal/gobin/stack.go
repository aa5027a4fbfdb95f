package gobin

import (
	"fmt"
	"sort"
)

// maxInline bounds a chain of inlined calls.
const maxInline = 1024

// Stack returns the calls at pc, innermost first: the inlined ones, and last
// the function whose code it is.
func (f *File) Stack(pc uint64) ([]Frame, error) {
	r := f.t.reader()
	i, err := f.t.search(&r.ftab, pc)
	if err != nil {
		return nil, err
	}
	rec, err := r.record(i)
	if err != nil {
		return nil, err
	}
	return f.stack(r, &rec, pc)
}

// Resolve returns the calls at an offset in a function with code, as tracebacks
// state it ("main.f(...)\n\tfile:line +0x1d"). Where the frame was left by a
// call, the offset is that of the return address, and isReturn must be true: the
// call is the instruction before. A function that raised a signal, such as by a
// nil dereference, was not left by a call: it stands below runtime.sigpanic,
// which most tracebacks do not show, or below panic.
func (f *File) Resolve(fn Func, offset uint64, isReturn bool) ([]Frame, error) {
	if fn.Inlined {
		return nil, fmt.Errorf("%w: %s has no code of its own", ErrNotFound, fn.Name)
	}
	if isReturn {
		offset--
	}
	if offset >= fn.End-fn.Entry {
		return nil, fmt.Errorf("%w: offset %#x is outside %s", ErrNotFound, offset, fn.Name)
	}
	return f.Stack(fn.Entry + offset)
}

func (f *File) stack(r *reader, rec *record, pc uint64) ([]Frame, error) {
	var runs []run // of the table of inlined calls; kept, for each step asks it
	var err error
	if rec.inline != 0 && rec.tree != 0 {
		if runs, err = r.tableRuns(rec, rec.inline); err != nil {
			return nil, err
		}
	}
	files, lines, err := r.positions(rec)
	if err != nil {
		return nil, err
	}
	var stack []Frame
	for n := 0; n < maxInline; n++ {
		var frame Frame
		if frame.File, frame.Line, err = r.position(rec, files, lines, pc); err != nil {
			return nil, err
		}
		name, next, id := rec.name, uint64(0), rec.id
		frame.StartLine = int(rec.startLine)
		if i := at(runs, pc); i >= 0 {
			c, err := r.call(rec, i)
			if err != nil {
				return nil, err
			}
			name, next, id = c.name, c.parent, c.id
			frame.Inlined, frame.StartLine = true, int(c.startLine)
		}
		var fn Func
		if err := f.setName(r, &fn, name); err != nil {
			return nil, err
		}
		frame.Func, frame.Wrapper = fn.Name, f.t.isWrapper(id)
		stack = append(stack, frame)
		if !frame.Inlined {
			return stack, nil
		}
		pc = next
	}
	return nil, corrupt("inline tree", "calls without end")
}

// at returns the value of runs at pc, -1 outside them.
func at(runs []run, pc uint64) int32 {
	i := sort.Search(len(runs), func(i int) bool { return runs[i].to > pc })
	if i == len(runs) {
		return -1
	}
	return runs[i].value
}

// positions returns the numbers of files, and the lines, of all of a function.
func (r *reader) positions(rec *record) (files, lines []run, err error) {
	if files, err = r.tableRuns(rec, rec.pcfile); err != nil {
		return nil, nil, err
	}
	lines, err = r.tableRuns(rec, rec.pcln)
	return files, lines, err
}

// position returns the place in the source of pc.
func (r *reader) position(rec *record, files, lines []run, pc uint64) (string, int, error) {
	n, line := at(files, pc), at(lines, pc)
	if n < 0 || line < 0 {
		return "", 0, fmt.Errorf("%w: no code at %#x", ErrNotFound, pc)
	}
	file, err := r.file(rec, n)
	return file, int(line), err
}

// Position returns the place in the source that the instruction at pc comes
// from. Where a call was inlined, that is in the innermost function.
func (f *File) Position(pc uint64) (file string, line int, err error) {
	r := f.t.reader()
	i, err := f.t.search(&r.ftab, pc)
	if err != nil {
		return "", 0, err
	}
	rec, err := r.record(i)
	if err != nil {
		return "", 0, err
	}
	files, lines, err := r.positions(&rec)
	if err != nil {
		return "", 0, err
	}
	return r.position(&rec, files, lines, pc)
}
