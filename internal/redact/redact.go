// Package redact takes secrets and personal data out of the texts of crashes
// before they leave the process. Start with [Text], for the text of a panic, or
// with [Crash], for a traceback.
//
// A panic value is text of the program, and most of it is harmless and needed:
// an index, a type, an address, a file. So only what is almost certainly secret
// or personal is masked: the value beside a name such as password, credentials
// and the query of a URL, tokens and keys of known form, e-mail addresses, card
// numbers, the values of a SQL statement, long random text. docs/privacy.md
// lists all of it, and what is left on purpose. Programs that know better bring
// their own rules.
//
// The package does not use regexp: half of the rules look backwards or compare
// what stands on both sides. It is linked into every program, so that functions
// which are called from many places are kept from being inlined.
package redact

import (
	"strings"
	"unsafe"
)

// What stands in place of what was masked. All begin with the mark, and a text
// that was masked once stays as it is.
const (
	mark    = "[redacted"
	secret  = "[redacted]"
	token   = "[redacted token]"
	random  = "[redacted key]"
	email   = "[redacted email]"
	card    = "[redacted card]"
	maxMark = len("[redacted token]") + 8
)

// Text masks what looks like a secret or like personal data in s. Where there
// is nothing it returns s itself, without an allocation. It takes time linear
// in the length of s, keeps valid UTF-8 valid, tells nothing of the length of
// what it masked, and Text(Text(s)) is Text(s).
func Text(s string) string {
	r := scanner{edit: edit{s: s}}
	r.restart(0)
	for r.i < len(s) {
		if class[s[r.i]]&inWord != 0 {
			r.readWord()
		} else {
			r.readMark()
		}
	}
	return r.text()
}

// An edit is a text with parts replaced.
type edit struct {
	s    string
	out  []byte // what became of s[:done]; nil while nothing was replaced
	done int
}

// replace puts something else in the place of s[from:to].
//
//go:noinline
func (e *edit) replace(from, to int, with string) {
	if e.out == nil {
		e.out = make([]byte, 0, len(e.s)+maxMark)
	}
	e.add(e.s[e.done:from])
	e.add(with)
	e.done = to
}

// add appends to what the text becomes.
//
//go:noinline
func (e *edit) add(s string) { e.out = append(e.out, s...) }

// text returns s as it is now. It is called once.
func (e *edit) text() string {
	if e.out == nil {
		return e.s
	}
	e.replace(len(e.s), len(e.s), "")
	return unsafe.String(unsafe.SliceData(e.out), len(e.out)) // nobody else has it
}

// A scanner reads a text once, word by word. What decides about a piece of text
// looks backwards no further than the end of the last mask (floor), and what is
// known of the text before a mask is forgotten there, so that a text that was
// masked already is read in the same way.
type scanner struct {
	edit
	i int // the next byte to be read

	floor     int // the end of the last mask
	word, end int // the last word, -1 when there is none
	run       int // where text without spaces and quotes began
	colon     int // the last colon in it, else -1
	auth      int // the beginning of the authority of a URL we are in, else -1
	tried     int // up to here text was looked at for being random
	sql       uint8
}

// How far a statement of SQL was recognised on the line.
const (
	sqlBegun  uint8 = 1 + iota // insert into, update
	sqlEquals                  // values stand behind equals signs: where, set
	sqlList                    // values stand in brackets, too: values, in
)

// mask replaces s[from:to] and goes on behind it.
//
//go:noinline
func (r *scanner) mask(from, to int, with string) {
	r.replace(from, to, with)
	r.restart(to)
}

// restart goes on at a position as if the text began there.
//
//go:noinline
func (r *scanner) restart(at int) {
	r.i, r.floor, r.run = at, at, at
	r.word, r.end, r.colon, r.auth = -1, -1, -1, -1
}

// at returns a byte of the text, 0 outside.
//
//go:noinline
func (r *scanner) at(i int) byte {
	if uint(i) < uint(len(r.s)) {
		return r.s[i]
	}
	return 0
}

// is reports whether the byte at i has one of the bits.
//
//go:noinline
func (r *scanner) is(i int, bits uint8) bool { return class[r.at(i)]&bits != 0 }

// span returns the first position from i on whose byte has none of the bits.
//
//go:noinline
func (r *scanner) span(i int, bits uint8) int {
	for i < len(r.s) && class[r.s[i]]&bits != 0 {
		i++
	}
	return i
}

// until returns the first position from i on whose byte has one of the bits.
//
//go:noinline
func (r *scanner) until(i int, bits uint8) int {
	for i < len(r.s) && class[r.s[i]]&bits == 0 {
		i++
	}
	return i
}

// has reports whether a word stands at i.
//
//go:noinline
func (r *scanner) has(i int, word string) bool {
	return uint(i) < uint(len(r.s)) && strings.HasPrefix(r.s[i:], word)
}

// find returns the position of a word in the text from i on, at most limit
// bytes further on; -1 when it is not there.
//
//go:noinline
func (r *scanner) find(i, limit int, word string) int {
	i = min(i, len(r.s))
	n := strings.Index(r.s[i:i+min(limit, len(r.s)-i)], word)
	if n < 0 {
		return n
	}
	return i + n
}

// masked returns the end of the mask that stands at i, 0 when there is none.
//
//go:noinline
func (r *scanner) masked(i int) int {
	if !r.has(i, mark) {
		return 0
	}
	return r.find(i, maxMark, "]") + 1
}

// readMark reads one byte that belongs to no word.
func (r *scanner) readMark() {
	i := r.i
	c := r.at(i)
	r.i++
	switch c {
	case '[':
		if end := r.masked(i); end > 0 {
			r.restart(end)
			return
		}
	case ':':
		if r.has(i, "://") {
			r.i += 2
			r.auth, r.colon = r.i, -1
			return
		}
		r.assigned(i)
		r.colon = i
		return
	case '=':
		r.assigned(i)
	case '@':
		r.address(i)
		return
	case '/', '?', '#':
		// The authority of a URL ends here, unless what should be its port is
		// none: then this is a password that was not escaped.
		if r.auth >= 0 {
			if r.colon >= 0 && r.span(r.colon+1, digit) != i {
				r.colon = len(r.s) // decided
			} else {
				r.auth = -1
			}
		}
		if c == '?' && i > r.run {
			r.query()
		}
		return
	case '\n':
		r.sql = 0
	case '"', '\'':
		if r.isValue(i, c) && r.quoted(i, c) {
			return
		}
	}
	if class[c]&stop != 0 {
		r.colon, r.auth = -1, -1
	}
	if r.colon < 0 && r.auth < 0 {
		r.run = r.i
	}
}

// address decides about what stands before and behind an @.
func (r *scanner) address(at int) {
	host := r.span(at+1, inWord)
	switch {
	case r.auth >= 0:
		// Credentials in a URL. A password may hold an @ that was not escaped.
		for i := at + 1; i < len(r.s) && !r.is(i, stop) && r.at(i) != '/'; i++ {
			if r.at(i) == '@' {
				at = i
			}
		}
		if at > r.auth {
			r.mask(r.auth, at, secret)
		}
	case r.colon >= 0 && r.colon+1 < at && (r.at(host) == '(' || r.at(host) == ':' && r.is(host+1, digit) && !r.is(r.span(host+1, digit), inWord)):
		// user:password@tcp(host:port)/name, user:password@host:port
		r.mask(r.run, at, secret)
	case r.end == at && !(r.has(r.word, "git@") && r.word+3 == at):
		for r.at(host-1) == '.' { // the end of a sentence
			host--
		}
		// The domain ends in letters. Behind the @ of a module stands v1.
		top := host
		for class[r.at(top-1)]&letter != 0 {
			top--
		}
		if host-top > 1 && top > at+2 && r.at(top-1) == '.' && !(r.at(at+1) == 'v' && r.is(at+2, digit)) {
			r.mask(r.word, host, email)
		}
	}
}

// query masks the values of name=value&name=value behind a question mark.
func (r *scanner) query() {
	for {
		eq := r.i
		for r.is(eq, inWord) || r.at(eq) == '[' || r.at(eq) == ']' || r.at(eq) == '%' {
			eq++
		}
		if r.at(eq) != '=' || eq == r.i {
			return
		}
		r.i = eq + 1
		if end := r.masked(r.i); end > 0 {
			r.restart(end)
		} else if end := r.valueEnd(r.i); end > r.i {
			r.mask(r.i, end, secret)
		}
		if r.at(r.i) != '&' {
			return
		}
		r.i++
	}
}

// valueEnd returns where a value without quotes ends.
func (r *scanner) valueEnd(from int) int {
	to := r.until(from, stop|endsValue)
	if n := r.find(from, to-from, mark); n >= 0 {
		to = n
	}
	for to > from && r.is(to-1, closing) {
		to--
	}
	return to
}

// isValue reports whether a quote begins a string that is a value whatever its
// name is: in a statement of SQL behind an equals sign or in a list, and in what
// net/url says of a URL whose password is not escaped.
func (r *scanner) isValue(i int, c byte) bool {
	const badPort = "invalid port "
	if c == '"' {
		return i-len(badPort) >= r.floor && r.has(i-len(badPort), badPort)
	}
	before := i - 1
	if r.at(before) == ' ' {
		before--
	}
	if before < r.floor {
		return false
	}
	c = r.at(before)
	return r.sql >= sqlEquals && c == '=' || r.sql == sqlList && (c == '(' || c == ',')
}

// quoted masks what stands between the quote at i and the next one on its line.
func (r *scanner) quoted(i int, quote byte) bool {
	from := i + 1
	to := from
	for r.at(to) != quote {
		if to >= len(r.s) || r.at(to) == '\n' {
			return false
		}
		to++
	}
	if to == from || r.masked(from) > 0 {
		return false
	}
	r.mask(from, to, secret)
	r.i++ // the closing quote
	return true
}
