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
// The package does not use regexp, which few programs link, and is written to
// be small: it is part of every program that uses the SDK. Functions that are
// called from many places are kept from being inlined.
package redact

import (
	"bytes"
	"strings"
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
	maxMark = len(token) + 8
)

// Text masks what looks like a secret or like personal data in s. Where there
// is nothing it returns s itself, without an allocation. It takes time linear
// in the length of s, keeps valid UTF-8 valid, tells nothing of the length of
// what it masked, and Text(Text(s)) is Text(s).
func Text(s string) string {
	r := scanner{s: s}
	for r.i < len(s) {
		i := r.i
		if r.i = r.span(i, inWord); r.i > i {
			r.word(i, r.i)
		} else {
			r.i++
			r.sign(i)
		}
	}
	if r.done == 0 {
		return s
	}
	r.out.WriteString(s[r.done:])
	return r.out.String()
}

// A scanner reads a text once, word by word, and asks of each word and of each
// sign what it begins. What was masked is not read again, and nothing before the
// end of the last mask is looked at, so that a text that was masked already is
// read in the same way.
type scanner struct {
	s     string
	out   bytes.Buffer // what became of s[:done]
	done  int
	i     int  // the next byte to be read
	floor int  // the end of the last mask
	tried int  // up to here text was looked at for being random
	sql   bool // the line has a statement

	value // what stands behind a name
}

// mask replaces s[from:to] and goes on behind it. It does nothing when there is
// nothing between.
//
//go:noinline
func (r *scanner) mask(from, to int, with string) {
	if to > from {
		r.out.WriteString(r.s[r.done:from])
		r.out.WriteString(with)
		r.done, r.i, r.floor = to, to, to
	}
}

// at returns a byte of the text, 0 outside.
func (r *scanner) at(i int) byte {
	if uint(i) < uint(len(r.s)) {
		return r.s[i]
	}
	return 0
}

// is reports whether the byte at i has one of the bits.
//
//go:noinline
func (r *scanner) is(i int, bits uint16) bool { return class[r.at(i)]&bits != 0 }

// span returns the first position from i on whose byte has none of the bits.
//
//go:noinline
func (r *scanner) span(i int, bits uint16) int {
	for i < len(r.s) && class[r.s[i]]&bits != 0 {
		i++
	}
	return i
}

// until returns the first position from i on whose byte has one of the bits.
//
//go:noinline
func (r *scanner) until(i int, bits uint16) int {
	for i < len(r.s) && class[r.s[i]]&bits == 0 {
		i++
	}
	return i
}

// has reports whether a text stands at i.
//
//go:noinline
func (r *scanner) has(i int, text string) bool {
	return uint(i) < uint(len(r.s)) && strings.HasPrefix(r.s[i:], text)
}

// find returns the position of a text that begins in s[i:to], -1 when there is
// none.
//
//go:noinline
func (r *scanner) find(i, to int, text string) int {
	for ; i < to; i++ {
		if r.has(i, text) {
			return i
		}
	}
	return -1
}

// masked returns the end of the mask that stands at i, 0 when there is none.
func (r *scanner) masked(i int) int {
	if !r.has(i, mark) {
		return 0
	}
	return r.find(i, i+maxMark, "]") + 1
}

// closes returns the position of c on the line, else the end of the line.
//
//go:noinline
func (r *scanner) closes(i int, c byte) int {
	for i < len(r.s) && r.s[i] != c && r.s[i] != '\n' {
		i++
	}
	return i
}

// valueEnd returns where a value without quotes ends.
//
//go:noinline
func (r *scanner) valueEnd(from int) int {
	to := r.until(from, stop|endsValue)
	if n := r.find(from, to, mark); n >= 0 {
		to = n
	}
	for to > from && r.is(to-1, closing) {
		to--
	}
	return to
}

// phrases are followed by a value, up to a sign: net/url of a URL whose password
// is not escaped, MySQL, PostgreSQL.
var phrases = [...]struct {
	text  string
	until byte
}{
	{"invalid port \"", '"'},
	{"Duplicate entry '", '\''},
	{")=(", ')'},
}

// sign reads a byte that belongs to no word.
func (r *scanner) sign(i int) {
	switch r.at(i) {
	case '[':
		if end := r.masked(i); end > 0 {
			r.i, r.floor = end, end
		}
	case '\n':
		r.sql = false
	case ':':
		if r.has(i, "://") {
			r.i += 2
			r.userinfo(r.i)
		}
	case '&':
		if i == r.floor { // behind the value before
			r.query()
		}
	case '?':
		if i == r.floor || !r.is(i-1, stop) {
			r.query()
		}
	case '\'':
		if r.sql {
			r.literal(i)
		}
	case ')':
		r.phrase(i)
	}
}

// phrase masks what is behind a phrase that begins at i.
func (r *scanner) phrase(i int) bool {
	for k := range phrases {
		p := &phrases[k]
		if r.has(i, p.text) {
			i += len(p.text)
			r.quoted(i, p.until)
			return true
		}
	}
	return false
}

// quoted masks what is closed by c.
func (r *scanner) quoted(from int, c byte) {
	r.i = from
	if to := r.closes(from, c); r.at(to) == c && r.masked(from) == 0 {
		r.mask(from, to, secret)
	}
}

// literal masks a string of a SQL statement that is a value: behind an equals
// sign, or in a list.
func (r *scanner) literal(i int) {
	before := i - 1
	if r.at(before) == ' ' {
		before--
	}
	if before >= r.floor && strings.IndexByte("=(,", r.s[before]) >= 0 {
		r.quoted(i+1, '\'')
		if r.i > i+1 {
			r.i++ // the closing quote
		}
	}
}

// userinfo masks the credentials in a URL whose authority begins at i, also
// those that are not escaped as they should be: what should be the port and is
// none may be a password with a slash.
func (r *scanner) userinfo(i int) {
	end, at := min(i+256, len(r.s)), -1
	colon, odd := false, false
	for j := i; j < end; j++ {
		c := r.s[j]
		k := class[c]
		switch {
		case k&stop != 0 || r.masked(j) > 0:
			end = j
		case c == '@':
			at = j
		case c == ':':
			colon, odd = true, false
		case c == '/' || c == '?' || c == '#':
			if at >= 0 || !odd {
				end = j
			}
		case k&digit == 0:
			odd = colon
		}
	}
	r.mask(i, at, secret)
}

// query masks the value of a name in the query of a URL.
func (r *scanner) query() {
	i := r.i
	for r.is(i, inWord) || r.at(i) == '[' || r.at(i) == ']' || r.at(i) == '%' {
		i++
	}
	if i > r.i && r.at(i) == '=' {
		i++
		r.i, r.floor = i, i
		r.mask(i, r.valueEnd(i), secret)
	}
}

// Call applies a rule of the program's own. Where that panics, what it was to hide
// is unknown, and nothing is left of the text.
func Call(rule func(string) string, s string) (out string) {
	defer func() {
		if recover() != nil {
			out = "[redacted]"
		}
	}()
	return rule(s)
}
