package redact

// How sure a name is.
const (
	unknown = iota
	weak    // a word of parsers, hosts and error prefixes as well: token, session, auth
	header  // a header whose value goes on until the end of its line
	strong  // the value is a secret

	bearer    // credentials follow
	basic     // the same, in base64
	statement // of SQL; in capital letters, for they are words as well
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
	{"bearer", bearer},
	{"basic", basic},
	{"where", statement},
	{"values", statement},
	{"set", statement},
}

// firstWord is the index of the first of names that stands before a space.
const firstWord = len(names) - 5

// keyKind classifies the name that ends before end, and says where it begins. It
// asks for names from first on.
func (r *scanner) keyKind(end, first int) (kind uint8, at int) {
	for end > r.floor && r.is(end-1, digit) { // password2
		end--
	}
	for i := first; i < len(names); i++ {
		n := &names[i]
		at, k := end, len(n.text)
		for k > 0 && at > r.floor {
			at--
			c := r.at(at)
			if c|0x20 == n.text[k-1] {
				k--
			} else if k == len(n.text) || c != '_' && c != '-' && c != '.' && c != ' ' {
				break
			}
		}
		if k > 0 {
			continue
		}
		if len(n.text) > 4 || at == r.floor || !r.is(at-1, letter) || r.at(at) < 'a' && r.at(at-1) >= 'a' {
			return n.kind, at
		}
	}
	return unknown, 0
}

// harmless are values that are no secrets: what programs write instead of one,
// and what messages say about one. A password that is one of them is not worth
// hiding.
var harmless = [...]string{
	"nil", "null", "true", "false", "none", "yes", "no", "on", "off", "set", "unset", "empty", "missing", "required",
	"invalid", "expired", "wrong", "incorrect", "mismatch", "unknown", "unsupported", "malformed", "denied", "failed",
	"ok", "not", "is", "was", "must", "cannot", "unauthorized", "forbidden", "revoked", "disabled", "enabled", "blank",
	"absent", "present", "optional", "string", "int", "eof", "auth", "authentication", "token", "header", "scheme",
	"credential", "credentials", "password", "secret", "cookie", "session", "value", "key", "field",
	"interface", "valid", "active",
}

// schemes are how credentials are presented.
var schemes = [...]string{"bearer", "basic", "digest", "token", "apikey", "negotiate"}

// isOneOf reports whether s[from:to] is one of the words but for its case.
//
//go:noinline
func (r *scanner) isOneOf(from, to int, words []string) bool {
	for _, w := range words {
		if len(w) != to-from {
			continue
		}
		k := 0
		for k < len(w) && r.at(from+k)|0x20 == w[k] {
			k++
		}
		if k == len(w) {
			return true
		}
	}
	return false
}

// assigned decides about name=value, name: value and the like, for a name
// s[key:i].
func (r *scanner) assigned(kind uint8, key, i int) {
	quotedKey := r.at(i) != ' ' && r.is(i, afterKey)
	for n := i + 3; i < n && r.is(i, afterKey); {
		i++
	}
	sep := r.at(i)
	i++
	next := r.at(i)
	switch sep {
	case ':':
		if next == '=' { // :=
			i++
			sep = '='
		}
		if r.has(i, "//") {
			return
		}
	case '=':
		if next == '=' { // a comparison
			return
		}
		if next == '>' { // =>
			i++
		}
	default:
		return
	}
	from := i
	for r.at(from) == ' ' {
		from++
	}
	inText, spaced := false, from > i
	if spaced && key-2 >= r.floor && r.at(key-1) == ' ' {
		inText = kind == weak && r.is(key-2, letter) // "unexpected token: ..."
	}
	r.value = value{kind, from, 0, sep == ':', spaced, quotedKey, inText}
	if r.findValue() {
		r.mask(r.from, r.to, secret)
	}
}

// A value is what may have to be masked.
type value struct {
	kind     uint8
	from, to int

	colon     bool // name: value and not name=value
	spaced    bool // a space stands before it
	quotedKey bool // "name": value
	inText    bool // a word stands before a weak name
}

// findValue finds the value, and reports whether there is a secret one. It looks no
// further than it has to: what it does not accept is read again.
func (r *scanner) findValue() bool {
	i := r.from
	c := r.at(i)
	escaped := c == '\\'
	if escaped {
		i++
		c = r.at(i)
	}
	switch c {
	case '"', '\'', '`':
		i++
		// What is followed by one of these closes a text that ends in "name=".
		if !r.quotedKey && r.is(i, closing|endsValue|afterKey) {
			return false
		}
	case '[': // [a b], []string{"a"}, []byte{0x1}
		if r.spaced && !r.quotedKey || r.masked(i) > 0 {
			return false
		}
		i++
		c = ']'
		if r.at(i) == ']' {
			i = r.span(i+1, letter|digit) + 1
			if c = '}'; r.at(i-1) != '{' {
				return false
			}
		}
	case '(', '{', '<', '&', '%': // (*string)(0x1), {...}, <nil>, &{...}, %!s(MISSING)
		return false
	default:
		if r.kind == header && (r.colon || r.isOneOf(i, r.span(i, letter), schemes[:])) {
			if !r.isHeaderValue() {
				return false
			}
			r.to = r.until(i, endsLine)
			return r.isEnclosed()
		}
		if c == '/' && r.kind == strong && !r.spaced { // PWD=/srv
			return false
		}
		r.to = r.valueEnd(r.from)
		return r.isSecret(false)
	}
	if r.masked(i) > 0 {
		return false
	}
	r.from = i
	r.to = r.closes(i, c)
	for c != ']' && c != '}' && r.at(r.to) == c && (r.at(r.to-1) == '\\') != escaped {
		r.to = r.closes(r.to+1, c) // another kind of quote
	}
	if escaped && r.at(r.to) == c {
		r.to--
	}
	return r.isEnclosed()
}

// isEnclosed decides about a value that may go on until the end of its line. The
// runtime's remark about a panic stands behind it there (runtime/panic.go,
// printpanics).
func (r *scanner) isEnclosed() bool {
	if n := r.find(r.from, r.to, " [recovered"); n >= 0 {
		r.to = n
	}
	return r.isSecret(true)
}

// isHeaderValue tells the value of a header, which goes on until the end of its
// line, from a message about it.
func (r *scanner) isHeaderValue() bool {
	from := r.from
	to := r.span(from, letter)
	c := r.at(to)
	if c == ' ' {
		if !r.isOneOf(from, to, schemes[:]) {
			return false
		}
		from = to + 1
		to = r.span(from, letter)
	} else if c == ':' || c == ',' {
		return false
	} else if c != 0 && class[c]&endsLine == 0 {
		return true
	}
	return !r.isOneOf(from, to, harmless[:])
}

// isSecret tells a secret from what else may stand behind such a name.
func (r *scanner) isSecret(enclosed bool) bool {
	var all uint16
	words, code := true, false // as people write: letters, and what may stand between them
	for i := r.from; i < r.to; i++ {
		c := r.at(i)
		k := class[c]
		all |= k
		if k&letter == 0 && c != '-' && c != '.' {
			code = code || words && (c == '(' || c == '{')
			words = false
		}
	}
	n := r.to - r.from
	if all&letter == 0 && (all&digit == 0 || n < 3) { // $1, ?, 8, ***
		return false
	}
	if r.inText && all&digit == 0 || r.isOneOf(r.from, r.to, harmless[:]) { // "unexpected token: 'foo'"
		return false
	}
	if enclosed {
		return true
	}
	if n <= 18 && r.has(r.from, "0x") { // an address
		return false
	}
	if !r.colon {
		return true
	}
	next, ahead := r.at(r.to), r.at(r.to+1)
	if r.kind == weak {
		if next == ':' && ahead == ' ' { // an error that wraps another one
			return false
		}
		// A port, a status, a position; a call or a type.
		if k := r.span(r.from, digit) - r.from; k > 0 && k <= 5 && (k == n || r.at(r.from+k) == '/') || code {
			return false
		}
	}
	if words && r.spaced {
		// "password: must be at least 8 characters", "auth: connection refused"
		if r.kind == weak || next == ':' {
			return false
		}
		return next != ' ' || class[ahead]&letter == 0 && ahead != '['
	}
	return true
}
