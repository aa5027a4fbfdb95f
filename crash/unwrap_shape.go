package crash

import "bytes"

// maxPrefix is how long a prefix of lines may be, in bytes.
const maxPrefix = 512

// A shape is what the lines of one source have in common: fixed text, times
// and numbers that vary, and how the line proper is wrapped behind them.
type shape struct {
	ops    []shapeOp
	quoted bool   // the line ends at a quote, with escapes in it
	column bool   // it ends at the last quote, quotes in it are doubled
	record bool   // the line is a string of a JSON object that begins here
	key    string // the member that holds the string
	loose  bool   // blanks, not always as many, stand before the line
	id     string // what tells records of one source from those of others
}

type opKind uint8

const (
	opText   opKind = iota // this very text
	opStamp                // a time
	opNumber               // a number that varies
	opDigits               // a number that may prove to vary
	opFlag                 // P or F, as Kubernetes marks parts of lines
)

type shapeOp struct {
	kind opKind
	text string // of opText
	form stampForm
}

// learnPrefix takes a prefix apart.
func learnPrefix(p []byte) []shapeOp {
	var ops []shapeOp
	begin := 0
	text := func(end int) {
		if end > begin {
			ops = append(ops, shapeOp{text: string(p[begin:end])})
		}
	}
	for i := 0; i < len(p); {
		if i > 0 && isAlnum(p[i-1]) {
			i++
			continue
		}
		if n, form := scanStamp(p[i:]); n > 0 {
			text(i)
			ops = append(ops, shapeOp{kind: opStamp, form: form})
			i += n
			begin = i
			continue
		}
		if n := scanDecimal(p[i:]); n > 0 && (i+n == len(p) || !isAlnum(p[i+n]) || isUnit(p[i+n:])) {
			text(len(bytes.TrimRight(p[:i], " "))) // blanks make numbers end alike
			ops = append(ops, shapeOp{kind: opNumber})
			i += n
			begin = i
			continue
		}
		i++
	}
	text(len(p))
	return containerLog(ops)
}

// containerLog recognises the prefix of a Kubernetes log file, in which long
// lines are cut into parts: time, stream, P or F. The line proper begins there,
// whatever it begins with.
func containerLog(ops []shapeOp) []shapeOp {
	if len(ops) < 2 || ops[0].kind != opStamp || ops[1].kind != opText {
		return ops
	}
	text := ops[1].text
	for _, stream := range [...]string{" stderr ", " stdout "} {
		if len(text) >= len(stream)+2 && text[:len(stream)] == stream && (text[len(stream)] == 'F' || text[len(stream)] == 'P') && text[len(stream)+1] == ' ' {
			return []shapeOp{ops[0], {text: stream}, {kind: opFlag}, {text: " "}}
		}
	}
	return ops
}

// match returns how much of line its prefix is, and whether a part of a line
// follows that goes on with the next one.
func matchOps(ops []shapeOp, line []byte) (n int, partial, ok bool) {
	i := 0
	for k := range ops {
		op := &ops[k]
		switch op.kind {
		case opText:
			if len(line)-i < len(op.text) || string(line[i:i+len(op.text)]) != op.text {
				// A line with nothing on it may have lost its last blanks.
				rest := line[i:]
				if k == len(ops)-1 && bytes.Equal(rest, bytes.TrimRight([]byte(op.text), " \t")) && len(rest) < len(op.text) {
					return len(line), false, len(rest) > 0 || k > 0
				}
				return 0, false, false
			}
			i += len(op.text)
		case opStamp:
			n, form := scanStamp(line[i:])
			if n == 0 || !form.like(op.form) {
				return 0, false, false
			}
			i += n
		case opNumber:
			for i < len(line) && line[i] == ' ' {
				i++
			}
			n := scanNumber(line[i:])
			if n == 0 {
				return 0, false, false
			}
			i += n
		case opFlag:
			if i >= len(line) || line[i] != 'F' && line[i] != 'P' {
				return 0, false, false
			}
			partial = line[i] == 'P'
			i++
		}
	}
	return i, partial, true
}

// isUnit reports whether a unit of time begins b.
func isUnit(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 3)], "mun\xc2\xb5")
	return len(b) > 0 && b[0] == 's' && (len(b) == 1 || !isAlnum(b[1]))
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// scanNumber returns the length of digits with at most one point among them.
func scanNumber(b []byte) int {
	n := digits(b)
	if n > 0 && n < len(b) && b[n] == '.' {
		if f := digits(b[n+1:]); f > 0 {
			return n + 1 + f
		}
	}
	return n
}

// scanDecimal returns the length of a number with a fraction, as those have
// that tell seconds since a start.
func scanDecimal(b []byte) int {
	n := digits(b)
	if n == 0 || n+1 >= len(b) || b[n] != '.' {
		return 0
	}
	if f := digits(b[n+1:]); f > 0 && (n+1+f == len(b) || b[n+1+f] != '.') {
		return n + 1 + f
	}
	return 0
}

// transport reports whether only pipelines, and no program, write this prefix:
// a headline behind it stood at the beginning of its line.
func (s *shape) transport() bool {
	if s.record {
		return s.key == "log"
	}
	for i, op := range s.ops {
		switch op.kind {
		case opFlag:
			return true
		case opStamp:
			// Nine digits are written by docker and Kubernetes, seven by CI
			// systems; log packages write fewer.
			if op.form.fraction >= 7 && op.form.zulu && i == 0 && len(s.ops) == 2 && s.ops[1].text == " " {
				return true
			}
		case opText:
			if i == len(s.ops)-1 && pipelineText(op.text, i > 0) {
				return true
			}
		}
	}
	return false
}

// exact reports whether it is known where the line proper begins.
func (s *shape) exact() bool {
	return s.record || len(s.ops) == 4 && s.ops[2].kind == opFlag
}

// pipelineText recognises the end of a prefix of compose ("web-1  | "), of
// syslog (" host app[12]: ") and of kubectl ("[pod/app-0/c] ").
func pipelineText(text string, stamped bool) bool {
	b := []byte(text)
	switch {
	case bytes.HasSuffix(b, []byte(" | ")):
		name := bytes.TrimRight(b[:len(b)-3], " ")
		return len(name) > 0 && bytes.IndexByte(name, ' ') < 0 && isAlnum(name[0])
	case bytes.HasSuffix(b, []byte("]: ")) && stamped:
		open := bytes.LastIndexByte(b, '[')
		return open > 0 && isAlnum(b[open-1]) && b[0] == ' '
	case bytes.HasPrefix(b, []byte("[pod/")) && bytes.HasSuffix(b, []byte("] ")):
		return true
	}
	return false
}

// endsLike reports whether text is the end of such a prefix, but for the values
// of numbers: a text may begin in the middle of a line.
func (s *shape) endsLike(whole, text []byte) bool {
	return len(text) > 0 && bytes.HasSuffix(numberless(whole), numberless(text))
}

// numberless puts one digit where there is a number.
func numberless(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if n := digits(text[i:]); n > 0 {
			out = append(out, '0')
			i += n - 1
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// blank reports whether the prefix is an indentation and nothing else.
func (s *shape) blank() bool {
	return !s.record && !s.quoted && len(s.ops) == 1 && s.ops[0].kind == opText && len(bytes.TrimSpace([]byte(s.ops[0].text))) == 0
}
