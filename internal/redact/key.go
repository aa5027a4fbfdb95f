package redact

import "strings"

// How sure a name is.
const (
	unknown = iota
	weak    // a word of parsers, hosts and error prefixes as well: token, session, auth
	header  // a header whose value goes on until the end of its line
	strong  // the value is a secret
)

// names are the ends of sensitive names, in lower case and without the signs
// that may stand between their words: db_password, X-Api-Key, clientSecret. A
// name that goes on (token_count, password_length, secretName) is another one.
// Names of up to four letters must be whole words: not "unauth".
var names = [...]struct {
	text string
	kind uint8
}{
	{"password", strong},
	{"passwd", strong},
	{"pwd", strong},
	{"passphrase", strong},
	{"passcode", strong},
	{"dbpass", strong},
	{"userpass", strong},
	{"smtppass", strong},
	{"apikey", strong},
	{"accesskey", strong},
	{"secretkey", strong},
	{"privatekey", strong},
	{"signingkey", strong},
	{"encryptionkey", strong},
	{"accountkey", strong},
	{"accesskeyid", strong},
	{"ssn", strong},
	{"cvv", strong},
	{"cvc", strong},
	{"iban", strong},
	{"cardnumber", strong},
	{"creditcard", strong},
	{"cardno", strong},
	{"secret", weak},
	{"token", weak},
	{"auth", weak},
	{"session", weak},
	{"sessionid", weak},
	{"sessid", weak},
	{"credential", weak},
	{"credentials", weak},
	{"creds", weak},
	{"authorization", header},
	{"cookie", header},
}

// keyKind classifies the name that s ends with, and says where it begins.
func keyKind(s string) (kind uint8, at int) {
	end := len(s)
	for end > 0 && class[s[end-1]]&digit != 0 { // password2
		end--
	}
	for i := range names {
		n := &names[i]
		at, k := end, len(n.text)
		for k > 0 && at > 0 {
			c := s[at-1]
			if c|0x20 == n.text[k-1] {
				k--
			} else if k == len(n.text) || c != '_' && c != '-' && c != '.' && c != ' ' {
				break
			}
			at--
		}
		if k == 0 && (len(n.text) > 4 || at == 0 || class[s[at-1]]&letter == 0 || s[at] < 'a' && s[at-1] >= 'a') {
			return n.kind, at
		}
	}
	return unknown, 0
}

// harmless are values that are no secrets: what programs write instead of one,
// and what messages say about one. A password that is one of them is not worth
// hiding.
const harmless = " nil null true false none yes no on off set unset empty missing required invalid expired" +
	" wrong incorrect mismatch unknown unsupported malformed denied failed ok not is was must cannot" +
	" unauthorized forbidden revoked disabled enabled blank absent present optional string int eof auth" +
	" authentication token header scheme credential credentials password secret cookie session value key field "

// isHarmless reports whether a word is one of them.
func isHarmless(v string) bool {
	for list := harmless; v != ""; list = list[1:] {
		n := strings.IndexByte(list, ' ')
		if n < 0 {
			return false
		}
		if list = list[n:]; len(list) > len(v)+1 && list[len(v)+1] == ' ' && fold(v, list[1:len(v)+1]) {
			return true
		}
	}
	return false
}

// assigned decides about name=value, name: value and the like, at the sign
// between them.
func (r *scanner) assigned(sep int) {
	if r.end < 0 || sep-r.end > 3 || r.auth >= 0 || r.span(r.end, afterKey) < sep {
		return
	}
	kind, key := keyKind(r.s[r.floor:r.end])
	if kind == unknown {
		return
	}
	key += r.floor
	i := sep + 1
	switch r.at(i) {
	case '=': // a comparison, or := whose second half comes next
		return
	case '>': // =>
		i++
	}
	v := value{scanner: r, kind: kind, from: i, colon: r.at(sep) == ':'}
	for r.at(v.from) == ' ' && v.from-i < 2 {
		v.from++
	}
	v.spaced = v.from > i
	v.quotedKey = r.end < sep && r.at(r.end) != ' '
	v.phrase = v.spaced && key-2 >= r.floor && r.at(key-1) == ' ' && r.is(key-2, letter)
	if v.find() && v.isSecret() {
		r.mask(v.from, v.to, secret)
	}
}

// A value is what may have to be masked.
type value struct {
	*scanner
	kind     uint8
	from, to int

	colon     bool // name: value and not name=value
	spaced    bool // a space stands before it
	quotedKey bool // "name": value
	phrase    bool // a word stands before the name: "unexpected token: ..."
	enclosed  bool // in quotes or brackets
}

// find finds the value, and reports whether there is one. It looks no further
// than it has to: what it does not accept is read again.
func (v *value) find() bool {
	escaped := v.at(v.from) == '\\'
	if v.masked(v.from) > 0 {
		return false
	}
	i := v.from
	if escaped {
		i++
	}
	c := v.at(i)
	until := c
	switch c {
	case '"', '\'', '`':
		i++
		// What is followed by one of these closes a text that ends in "name=".
		if !v.quotedKey && v.is(i, closing|endsValue|afterKey) {
			return false
		}
	case '[': // [a b], []string{"a"}, []byte{0x1}
		if escaped || v.spaced && !v.quotedKey {
			return false
		}
		i++
		until = ']'
		if v.at(i) == ']' {
			i = v.span(i+1, letter|digit) + 1
			if until = '}'; v.at(i-1) != '{' {
				return false
			}
		}
	case '(', '{', '<', '&', '%': // (*string)(0x1), {...}, <nil>, &{...}, %!s(MISSING)
		return false
	default:
		switch {
		case v.kind != header:
			if c == '/' && v.kind == strong && !v.spaced { // PWD=/srv
				return false
			}
			v.to = v.valueEnd(v.from)
		case v.isHeader():
			v.to = v.scanner.until(v.from, endsLine)
		}
		return v.to > v.from
	}
	v.from = i
	if v.masked(i) > 0 {
		return false
	}
	v.enclosed = true
	for i < len(v.s) && v.at(i) != '\n' && (v.at(i) != until || until == c && (v.at(i-1) == '\\') != escaped) {
		i++
	}
	if escaped && v.at(i) == c {
		i-- // the backslash
	}
	v.to = i
	return i > v.from
}

// isHeader tells the value of a header, which goes on until the end of its
// line, from a message about it.
func (v *value) isHeader() bool {
	first := v.span(v.from, letter)
	word := v.s[v.from:first]
	c := v.at(first)
	if c == ' ' {
		if !isScheme(word) {
			return false
		}
		word = v.s[first+1 : v.span(first+1, letter)]
	} else if c == ':' || c == ',' {
		return false
	} else if first < len(v.s) && class[c]&endsLine == 0 {
		return true
	}
	return !isHarmless(word)
}

// isScheme reports whether a word is how credentials are presented.
func isScheme(s string) bool {
	for _, scheme := range [...]string{"bearer", "basic", "digest", "token", "apikey", "negotiate"} {
		if fold(s, scheme) {
			return true
		}
	}
	return false
}

// fold reports whether s is lower but for the case of its letters.
//
//go:noinline
func fold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// isSecret tells a secret from what else may stand behind such a name.
func (v *value) isSecret() bool {
	text := v.s[v.from:v.to]
	var all uint8
	words := true // as people write: letters, and what may stand between them
	for i := 0; i < len(text); i++ {
		k := class[text[i]]
		all |= k
		words = words && (k&letter != 0 || text[i] == '-' || text[i] == '.')
	}
	digits := all&digit != 0
	ahead := v.at(v.to + 1)
	switch {
	case all&letter == 0 && (!digits || len(text) < 3): // $1, ?, 8, ***
		return false
	case isHarmless(text):
		return false
	case v.kind == weak && v.phrase && !digits: // "unexpected token: 'foo'"
		return false
	case v.enclosed || v.kind == header:
		return true
	case strings.HasPrefix(text, "0x") && len(text) <= 18: // an address
		return false
	case v.kind == weak && v.colon && (v.at(v.to) == ':' && ahead == ' ' || !v.spaced && len(text) <= 5 && all == inWord|digit):
		return false // an error that wraps another one; a port
	case words && v.spaced && v.colon:
		// "password: must be at least 8 characters", "auth: connection refused"
		return v.kind == strong && v.at(v.to) != ':' && (v.at(v.to) != ' ' || class[ahead]&letter == 0 && ahead != '[')
	}
	return true
}
