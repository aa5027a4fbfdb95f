package redact

import (
	"strings"
	"unsafe"
)

// Crash does what Text does for the texts within a traceback: everything before
// the first goroutine and between the blocks of goroutines, which is what
// programs wrote, and the labels of goroutines. Headers, frames and wait reasons
// stay byte for byte. It returns text itself where there is nothing to mask, and
// a copy otherwise.
//
// From Go 1.23 on the runtime indents a message that has several lines
// (runtime/error.go, printindented), so that none of them looks like a
// goroutine's. Of older messages that do, the lines that are no frames are read.
func Crash(text []byte) []byte {
	// Nothing keeps s or a part of it: what is changed is copied.
	s := unsafe.String(unsafe.SliceData(text), len(text))
	e := edit{s: s}
	free, inFrames := 0, false
	for i := 0; i < len(s); {
		end := len(s)
		if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
			end = i + n
		}
		from := -1 // where the text in this line begins
		line := s[i:end]
		switch header, labels := isHeader(line); {
		case header:
			if !inFrames {
				e.redact(free, i)
			}
			inFrames = true
			if labels > 0 {
				from = i + labels
			}
		case inFrames && line == "":
			inFrames, free = false, end
		case inFrames && !isFrame(line):
			from = i
		}
		if from >= 0 {
			e.redact(from, end)
		}
		i = end + 1
	}
	if !inFrames {
		e.redact(free, len(s))
	}
	if e.out == nil {
		return text
	}
	e.add(s[e.done:])
	return e.out
}

// redact masks a part of the text.
//
//go:noinline
func (e *edit) redact(from, to int) {
	part := e.s[from:to]
	if masked := Text(part); masked != part {
		e.replace(from, to, masked)
	}
}

// isHeader recognises the line that begins a goroutine or the runtime's stack
// (runtime/traceback.go, goroutineheader; runtime/panic.go, dopanic_m), and says
// where its labels begin.
func isHeader(line string) (ok bool, labels int) {
	if !strings.HasPrefix(line, "goroutine ") {
		return line == "runtime stack:", 0
	}
	labels = strings.IndexByte(line, '{')
	return strings.IndexByte(line, '[') > 0, labels
}

// isFrame recognises the lines of a goroutine: a call, its place, and the go
// statement that made it.
func isFrame(line string) bool {
	return line[0] == '\t' || line[len(line)-1] == ')' || strings.HasPrefix(line, "created by ")
}
