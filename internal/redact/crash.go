package redact

import "unsafe"

// Crash does what Text does for the texts within a traceback: everything before
// the first goroutine and between the blocks of goroutines, which is what
// programs wrote, and the labels of goroutines. Headers, frames and wait reasons
// stay byte for byte. It returns text itself where there is nothing to mask, and
// a copy otherwise.
//
// From Go 1.23 on the runtime indents a message that has several lines
// (runtime/error.go, printindented), so that none of them looks like a
// goroutine's. Of older messages that do, the lines that are no frames are read.
func Crash(text []byte) []byte { return CrashWith(text, Text) }

// CrashWith does it with a mask of the program's own, in the place of Text.
func CrashWith(text []byte, mask func(string) string) []byte {
	// Nothing keeps the string or a part of it: what is changed is copied.
	r := scanner{s: unsafe.String(unsafe.SliceData(text), len(text))}
	free, inFrames := 0, false // where text began that is no block
	for at := 0; at < len(r.s); {
		from := at
		to := r.closes(from, '\n')
		at = to + 1
		if r.isHeader(from, to) {
			if !inFrames {
				r.part(free, from, mask)
			}
			inFrames = true
			from = r.closes(from, '{') // labels
		} else if !inFrames {
			continue
		} else if from == to {
			inFrames, free = false, to
		} else if r.s[from] == '\t' || r.s[to-1] == ')' || r.has(from, "created by ") {
			continue
		}
		r.part(from, to, mask)
	}
	if !inFrames {
		r.part(free, len(r.s), mask)
	}
	if r.done == 0 {
		return text
	}
	r.out.WriteString(r.s[r.done:])
	return r.out.Bytes()
}

// isHeader recognises the line that begins a goroutine or the runtime's stack
// (runtime/traceback.go, goroutineheader; runtime/panic.go, dopanic_m).
func (r *scanner) isHeader(from, to int) bool {
	const goroutine = "goroutine "
	return r.at(to-1) == ':' && (r.has(from, goroutine) && r.is(from+len(goroutine), digit) || r.has(from, "runtime stack:"))
}

// part masks a part of the text.
//
//go:noinline
func (r *scanner) part(from, to int, mask func(string) string) {
	if from < to {
		part := r.s[from:to]
		if masked := mask(part); masked != part {
			r.mask(from, to, masked)
		}
	}
}
