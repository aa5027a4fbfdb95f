package crash

import (
	"bytes"
	"strconv"
	"strings"
)

// parseHeader reads a goroutine header, as runtime/traceback.go prints it in
// goroutineheader:
//
//	goroutine 7 gp=0xc000 m=3 mp=0xc008 [select (no cases), 5 minutes, locked to thread]:
//	goroutine 7 [running labels:{"route": "/cart/[id]"}]:      Go 1.26
//	goroutine 7 [running] {route: "/cart/[id]"}:               from Go 1.27
func parseHeader(line []byte) (Goroutine, bool) {
	rest, ok := bytes.CutPrefix(line, []byte("goroutine "))
	if !ok {
		return Goroutine{}, false
	}
	rest = bytes.TrimRight(rest, " \t")
	n := digits(rest)
	if n == 0 || n >= len(rest) || rest[n] != ' ' || rest[len(rest)-1] != ':' {
		return Goroutine{}, false
	}
	id, err := strconv.ParseInt(string(rest[:n]), 10, 64)
	if err != nil {
		return Goroutine{}, false
	}
	g := Goroutine{ID: id}
	open := bytes.IndexByte(rest, '[')
	if open < 0 || !g.threadFields(string(rest[n:open])) {
		return Goroutine{}, false
	}
	body := string(rest[open+1 : len(rest)-1])
	state, labels, ok := cutLabels(body)
	if !ok {
		return Goroutine{}, false
	}
	g.stateFields(state)
	g.Labels = parseLabels(labels)
	return g, true
}

// digits returns the number of leading decimal digits.
func digits(b []byte) int {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}

// threadFields reads "gp=0x.. m=3 mp=0x..", printed from Go 1.22 for throws
// and at traceback levels above 1. Anything else there is no header.
func (g *Goroutine) threadFields(s string) bool {
	g.Thread = strings.TrimSpace(s)
	for _, field := range strings.Fields(s) {
		switch key, _, _ := strings.Cut(field, "="); key {
		case "gp", "m", "mp":
		default:
			return false
		}
	}
	return true
}

// cutLabels splits what stands between the opening bracket and the colon into
// state and labels. Labels may hold brackets, so the end is found from the
// right where there are any.
func cutLabels(body string) (state, labels string, ok bool) {
	if before, after, found := strings.Cut(body, " labels:{"); found {
		labels, ok = strings.CutSuffix(after, "}]")
		return before, labels, ok
	}
	if strings.HasSuffix(body, "}") {
		if before, after, found := strings.Cut(body, "] {"); found {
			return before, after[:len(after)-1], true
		}
	}
	state, ok = strings.CutSuffix(body, "]")
	return state, "", ok
}

// stateFields takes the text between the brackets apart. Wait reasons are an
// open set; only the marks around them are known.
func (g *Goroutine) stateFields(s string) {
	state, marks, _ := strings.Cut(s, ", ")
	var more []string
	for trimmed := true; trimmed; {
		trimmed = false
		for _, mark := range []struct {
			text string
			flag *bool
		}{{" (scan)", &g.Scan}, {" (leaked)", &g.Leaked}, {" (durable)", &g.Durable}} {
			if rest, ok := strings.CutSuffix(state, mark.text); ok {
				state, *mark.flag, trimmed = rest, true, true
			}
		}
	}
	for marks != "" {
		var part string
		part, marks, _ = strings.Cut(marks, ", ")
		number, unit, _ := strings.Cut(part, " ")
		switch {
		case unit == "minutes" || unit == "minute":
			if n, err := strconv.Atoi(number); err == nil {
				g.WaitMinutes = n
			}
		case part == "locked to thread":
			g.LockedToThread = true
		case number == "synctest":
			_, id, _ := strings.Cut(unit, " ")
			g.Bubble, _ = strconv.ParseInt(id, 10, 64) // no number: no bubble
		default:
			more = append(more, part)
		}
	}
	if len(more) > 0 {
		state += ", " + strings.Join(more, ", ")
	}
	g.State = state
}

// parseLabels reads `"k": "v", "k2": "v2"`. From Go 1.27 plain words are not
// quoted. Early 1.26 did not escape what it quoted, so a value ends at the
// first quote that is followed by a comma or the end.
func parseLabels(s string) map[string]string {
	if s == "" {
		return nil
	}
	labels := make(map[string]string)
	for s != "" {
		var key, value string
		key, s = labelWord(s, ": ")
		value, s = labelWord(s, ", ")
		labels[key] = value
	}
	return labels
}

// labelWord cuts one word, quoted or not, and the separator after it.
func labelWord(s, sep string) (word, rest string) {
	if s == "" || s[0] != '"' {
		word, rest, _ = strings.Cut(s, sep)
		return word, rest
	}
	if quoted, err := strconv.QuotedPrefix(s); err == nil {
		after := s[len(quoted):]
		if rest, ok := strings.CutPrefix(after, sep); ok || after == "" {
			if word, err := strconv.Unquote(quoted); err == nil {
				return word, rest
			}
		}
	}
	mark := `"` + sep
	if sep == ", " {
		mark += `"` // the next key is quoted, too
	}
	if end := strings.Index(s[1:], mark); end >= 0 {
		return s[1 : 1+end], s[1+end+1+len(sep):]
	}
	return strings.TrimSuffix(s[1:], `"`), ""
}
