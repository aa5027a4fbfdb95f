package supervise

import "bytes"

// A mark is what a line of stderr means for the splitter.
type mark uint8

const (
	plain  mark = iota // anything
	body               // may stand inside a traceback: a frame, a blank line, a register
	hint               // may be, or be followed by, a headline
	logged             // a living process reports a crash
	stack              // a goroutine header: the frames begin
	deadly             // the runtime says that it is about to end the process
)

// deadlyPrefixes begin the lines with which the runtime announces the end:
// runtime/panic.go (printpanics, throw, fatal), runtime/signal_unix.go.
var deadlyPrefixes = [][]byte{
	[]byte("panic: "), []byte("fatal error: "), []byte("fatal: "),
	[]byte("[signal "), []byte("unexpected fault address"),
	[]byte("unexpected signal during runtime execution"),
	[]byte("panic during panic"), []byte("Exception 0x"),
}

// markOf classifies one line. It is called for every line the child prints, so
// most lines cost a look at their first byte and two searches.
func markOf(line []byte) mark {
	line = trimLineEnd(line)
	if len(line) == 0 {
		return body
	}
	if m := markOfBeginning(line); m != plain {
		return m
	}
	// Glued behind a progress line, or after the prefix of a logger.
	if i := bytes.Index(line, []byte("panic")); i >= 0 {
		rest := line[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("panic serving ")), bytes.Contains(line, []byte("Observed a panic")):
			return logged
		case bytes.HasPrefix(rest, []byte("panic: ")), bytes.Contains(rest, []byte("panic: ")):
			return hint
		}
	}
	if bytes.Contains(line, []byte("fatal error: ")) {
		return hint
	}
	return bodyOrPlain(line)
}

func markOfBeginning(line []byte) mark {
	switch line[0] {
	case 'p', 'f', '[', 'u', 'E':
		for _, p := range deadlyPrefixes {
			if bytes.HasPrefix(line, p) {
				return deadly
			}
		}
	case 'g':
		if isGoroutineHeader(line) {
			return stack
		}
	case 'r':
		switch {
		case bytes.HasPrefix(line, []byte("runtime stack:")):
			return stack
		case bytes.HasPrefix(line, []byte("runtime: ")), bytes.HasPrefix(line, []byte("runtime/cgo: ")):
			return hint
		}
	case 'S':
		if isSignalHeadline(line) {
			return deadly
		}
	case 'W':
		if bytes.HasPrefix(line, []byte("WARNING: DATA RACE")) {
			return logged
		}
	}
	return plain
}

// isGoroutineHeader knows "goroutine 7 [running]:" and
// "goroutine 7 gp=0x.. m=0 mp=0x.. [running]:".
func isGoroutineHeader(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("goroutine "))
	if !ok {
		return false
	}
	i := 0
	for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
		i++
	}
	return i > 0 && (bytes.HasPrefix(rest[i:], []byte(" [")) || bytes.HasPrefix(rest[i:], []byte(" gp=")))
}

// isSignalHeadline knows "SIGABRT: abort".
func isSignalHeadline(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("SIG"))
	if !ok {
		return false
	}
	i := 0
	for i < len(rest) && (rest[i] >= 'A' && rest[i] <= 'Z' || rest[i] >= '0' && rest[i] <= '9') {
		i++
	}
	return i >= 2 && bytes.HasPrefix(rest[i:], []byte(": "))
}

// bodyOrPlain says yes to whatever may stand inside a traceback: it serves to
// notice its end, which may well come late.
func bodyOrPlain(line []byte) mark {
	switch line[0] {
	case '\t', ' ', '[':
		return body
	}
	switch {
	case line[len(line)-1] == ')',
		bytes.HasPrefix(line, []byte("created by ")),
		bytes.HasPrefix(line, []byte("...")),
		bytes.HasPrefix(line, []byte("=====")),
		bytes.HasPrefix(line, []byte("-----")),
		bytes.HasPrefix(line, []byte("goroutine ")),
		bytes.HasPrefix(line, []byte("PC=")),
		bytes.HasPrefix(line, []byte("exit status ")),
		bytes.Contains(line, []byte(" 0x")):
		return body
	}
	return plain
}

func trimLineEnd(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}
