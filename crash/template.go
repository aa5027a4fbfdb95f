package crash

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Bounds of a message template and of what is read for it, in bytes.
const (
	maxTemplate     = 200
	maxTemplateText = 2 << 10
)

// template appends what stays the same of a message from one occurrence to the
// next: the first line, with words kept and values left out. Numbers, dates,
// addresses and identifiers become #, quoted text "*", and the insides of
// brackets, the values of key=value pairs, URLs, paths, hosts and mail addresses
// what shows that they were there.
func template(dst []byte, message string) []byte {
	line, _, _ := strings.Cut(message, "\n")
	line = strings.TrimRight(line[:min(len(line), maxTemplateText)], " \t\r")
	if name, ok := customType(line); ok {
		line = name
	}
	if dst == nil {
		dst = make([]byte, 0, min(len(line), maxTemplate)+16)
	}
	t := templater{line: line, out: dst, start: len(dst)}
	for t.at < len(t.line) && len(t.out)-t.start < maxTemplate {
		t.step()
	}
	t.out = t.out[:min(len(t.out), t.start+maxTemplate)]
	if !utf8.Valid(t.out[t.start:]) {
		return append(t.out[:t.start], bytes.ToValidUTF8(t.out[t.start:], []byte("?"))...)
	}
	return t.out
}

// A templater is at some byte of a line, and has written the template of what
// stands before it.
type templater struct {
	line   string
	at     int
	out    []byte
	start  int  // of the template in out
	lookup bool // the word before was "lookup"
}

// put writes what stands for the next n bytes.
func (t *templater) put(s string, n int) {
	t.out = append(t.out, s...)
	t.at += n
}

// step takes the next word, value or other byte.
func (t *templater) step() {
	rest := t.line[t.at:]
	c := rest[0]
	fresh := t.at == 0 || !isWord(t.line[t.at-1])
	lookup := t.lookup
	t.lookup = lookup && c == ' '
	if fresh && c != ' ' && t.token(rest, lookup) {
		return
	}
	switch {
	case c == '"' || c == '`' || c == '\'' && fresh: // not the apostrophe of "can't"
		if end := strings.IndexByte(rest[1:], c); end >= 0 {
			t.put(`"*"`, end+2)
			t.merge(`"*"`)
			return
		}
	case c == '{' || c == '[':
		if t.brackets(rest) {
			return
		}
	case '0' <= c && c <= '9', (c == '-' || c == '+') && fresh && len(rest) > 1 && isDigit(rest[1]):
		t.put("#", numberLength(rest))
		t.merge("#")
		return
	case isWord(c):
		t.word(rest[:wordLength(rest)])
		return
	}
	t.put(rest[:1], 1)
}

// token takes the beginning of a line, or what follows a space or bracket, if
// it is something of several words: a URL, a path, a mail address, a host, a
// UUID, a key with its value.
func (t *templater) token(rest string, lookup bool) bool {
	if t.at > 0 && byteKinds[t.line[t.at-1]]&beforeToken == 0 {
		return false
	}
	n := wordLength(rest)
	if n > 0 && !lookup && (n == len(rest) || byteKinds[rest[n]]&joinsWords == 0) {
		return false // a word
	}
	end := n
	for end < len(rest) && byteKinds[rest[end]]&endsToken == 0 {
		end++
	}
	for end > 0 && byteKinds[rest[end-1]]&trailsToken != 0 {
		end--
	}
	token := rest[:end]
	if token == "" {
		return false
	}
	if lookup { // net.DNSError
		t.put("<host>", end)
		return true
	}
	switch {
	case n >= len(token):
		return false
	case n > 0 && isKeyValue(rest[n:]):
		t.word(rest[:n])
		t.put("=*", 1+valueLength(rest[n+1:]))
		return true
	case n == 8 && isUUID(token):
		t.put("#", len(token))
		t.merge("#")
		return true
	}
	kind := tokenKind(token)
	if kind == "" {
		return false
	}
	if kind == "<path>" { // path:line:column and path: cause
		if colon := strings.IndexByte(token[2:], ':'); colon >= 0 {
			token = token[:2+colon]
		}
	}
	t.put(kind, len(token))
	return true
}

// What a byte can mean for a token.
const (
	beforeToken = 1 << iota // may stand before one
	endsToken
	trailsToken // is no part of it at its end
	joinsWords  // makes one token of two words
)

var byteKinds = func() (kinds [256]uint8) {
	for _, set := range []struct {
		bytes string
		kind  uint8
	}{
		{" \t([{<,;=", beforeToken},
		{" \t\"`", endsToken},
		{".,;:!?)]}>'", trailsToken},
		{"=/:@.-\\", joinsWords},
	} {
		for i := 0; i < len(set.bytes); i++ {
			kinds[set.bytes[i]] |= set.kind
		}
	}
	return kinds
}()

// tokenKind names what a run of bytes without spaces is, "" for anything else.
func tokenKind(token string) string {
	if strings.Contains(token, "://") {
		return "<url>"
	}
	if len(token) < 3 {
		return ""
	}
	switch c := token[0]; {
	case c == '/' && isWord(token[1]), c == '~' && token[1] == '/', c == '.' && token[1] == '/', strings.HasPrefix(token, "../"),
		isWord(c) && token[1] == ':' && (token[2] == '\\' || token[2] == '/'):
		return "<path>"
	}
	if at := strings.IndexByte(token, '@'); at > 0 && strings.IndexByte(token[at:], '.') > 1 {
		return "<mail>"
	}
	if strings.Count(token, "/") > 1 && !isDigit(token[0]) { // a date is none
		return "<path>"
	}
	colon := strings.LastIndexByte(token, ':')
	if colon > 0 && allDigits(token[colon+1:]) && !isDigit(token[0]) {
		if dot := strings.LastIndexByte(token[:colon], '.'); dot > 0 && token[dot:colon] != ".go" && isHost(token[:colon]) {
			return "<host>"
		}
	}
	return ""
}

func isHost(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isWord(c) && c != '.' && c != '-' || c >= 0x80 {
			return false
		}
	}
	return true
}

// isUUID recognises 8-4-4-4-12 hexadecimal digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !isHex(s[i]) {
			return false
		}
	}
	return true
}

// isKeyValue reports whether what follows a word makes it a key: "=" and no
// other operator.
func isKeyValue(rest string) bool {
	return len(rest) > 1 && rest[0] == '=' && rest[1] != '=' && rest[1] != ' ' && rest[1] != '>'
}

// valueLength measures a value that follows "=".
func valueLength(rest string) int {
	switch c := rest[0]; c {
	case '"', '`', '\'':
		if end := strings.IndexByte(rest[1:], c); end >= 0 {
			return end + 2
		}
	case '{', '[', '(':
		if n := bracketLength(rest); n > 0 {
			return n
		}
	}
	if end := strings.IndexAny(rest, " \t,;)]}"); end >= 0 {
		rest = rest[:end]
	}
	return len(strings.TrimRight(rest, ".:"))
}

// brackets takes a list, map, struct or JSON value, as fmt prints them: what
// is in brackets, unless it is a type or a mark such as [running].
func (t *templater) brackets(rest string) bool {
	n := bracketLength(rest)
	switch {
	case n == 0:
		return false
	case rest[0] == '{':
		t.put("{*}", n)
		return true
	case n == 2 && len(rest) > 2 && isWord(rest[2]): // []string
		return false
	}
	inside := rest[1 : n-1]
	if inside != "" && !strings.ContainsAny(inside, " 0123456789:") && !strings.HasSuffix(t.line[:t.at], "map") {
		return false
	}
	if strings.Count(inside, ":") > 1 && strings.IndexByte(inside, ' ') < 0 && !strings.HasSuffix(t.line[:t.at], "map") { // [::1]:80
		if n+1 < len(rest) && rest[n] == ':' && isDigit(rest[n+1]) {
			n += 1 + numberLength(rest[n+1:])
		}
		t.put("#", n)
		return true
	}
	t.put("[*]", n)
	return true
}

// bracketLength measures a bracketed value, 0 when the bracket stays open.
func bracketLength(rest string) int {
	opening, closing := rest[0], rest[0]+2 // in ASCII, for { and [
	if opening == '(' {
		closing = ')'
	}
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// numberLength measures a number with all that belongs to it: sign, digits,
// units, and further numbers behind a single mark, as in 10.0.0.1:443,
// 2026-11-20T20:15:02.123Z, 1,234.5 and 1m30.5s.
func numberLength(s string) int {
	n := 0
	if s[0] == '-' || s[0] == '+' {
		n++
	}
	for n < len(s) {
		if isWord(s[n]) {
			n++
			continue
		}
		if n+1 == len(s) || !isDigit(s[n+1]) || strings.IndexByte(".,:-+/", s[n]) < 0 {
			break
		}
		n++
	}
	return n
}

// word writes a word, or # for what varies: words that hold a digit and are
// numbers, addresses or identifiers.
func (t *templater) word(word string) {
	digit, hex := 0, true
	for i := 0; i < len(word); i++ {
		if isDigit(word[i]) {
			digit++
		} else if !isHex(word[i]) {
			hex = false
		}
	}
	t.at += len(word)
	t.lookup = word == "lookup"
	switch {
	case hex && len(word) >= 8, digit >= 3 && len(word) >= 12:
		t.put("#", 0)
		t.merge("#")
	case digit == 0:
		t.put(word, 0)
	default: // user42, step3of5
		for i := 0; i < len(word); i++ {
			if !isDigit(word[i]) {
				t.out = append(t.out, word[i])
			} else if i == 0 || !isDigit(word[i-1]) {
				t.out = append(t.out, '#')
			}
		}
	}
}

// merge makes a list of values just written one value: how many there are is
// chance.
func (t *templater) merge(value string) {
	done := t.out[t.start : len(t.out)-len(value)]
	for _, mark := range [...]string{", ", " ", ","} {
		if before, ok := bytes.CutSuffix(done, []byte(mark)); ok && bytes.HasSuffix(before, []byte(value)) {
			t.out = t.out[:t.start+len(before)]
			return
		}
	}
}

func wordLength(s string) int {
	n := 0
	for n < len(s) && isWord(s[n]) {
		n++
	}
	return n
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// customType recognises the form the runtime prints for values it has no text
// for, "(main.T) 0xc000012345" or "main.T(42)", where only the type says
// anything (runtime/error.go, printanycustomtype).
func customType(line string) (string, bool) {
	if strings.HasPrefix(line, "(") {
		if end := strings.LastIndex(line, ") "); end > 0 && len(line) > end+3 && isDigit(line[end+2]) && line[end+3] == 'x' {
			return line[:end+1], true
		}
		if end := strings.Index(line, ") {"); end > 0 {
			return line[:end+1], true
		}
	}
	return "", false
}
