package redact

// prefixes begin tokens and keys of known form. A word that begins so is one
// when it has at least 20 bytes and a digit.
var prefixes = [...]string{
	"eyJ", // JSON in base64url: a JSON Web Token
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
	"xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xapp-",
	"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "sk-",
	"AKIA", "ASIA", "AIza", "ya29.", "GOCSPX-",
	"npm_", "pypi-", "dop_v1_", "hvs.", "SG.", "shpat_", "shpss_", "AGE-SECRET-KEY-",
}

// minToken is the length from which on a word may be a token.
const minToken = 20

// word reads the word s[from:to] and masks it, or what stands behind it, when it
// gives itself away.
func (r *scanner) word(from, to int) {
	if to-from >= minToken {
		for _, p := range prefixes {
			if r.has(from, p) && r.until(from+len(p), digit) < to {
				r.mask(from, r.valueEnd(from), token)
				return
			}
		}
	}
	if r.has(from, pemBegin) {
		r.privateKey(from)
		return
	}
	// The runtime prints any index.
	if end := r.cardEnd(from); end > 0 && r.find(from-24, from, "range [") < r.floor {
		r.mask(from, end, card)
		return
	}
	if r.noise(from, to) || r.phrase(from) {
		return
	}
	// A name is followed by a sign, or is a word before a space.
	first := 0
	if r.at(to) == ' ' {
		if next := r.at(to + 1); next != '=' && next != ':' {
			first = firstWord
		}
	} else if !r.is(to, afterKey) && r.at(to) != '=' && r.at(to) != ':' {
		first = len(names)
	}
	kind, key := r.keyKind(to, first)
	switch kind {
	case unknown:
		r.address(from, to)
	case statement:
		r.sql = r.sql || r.at(to-1) < 'a'
	case bearer, basic:
		r.credentials(to, kind)
	default:
		r.assigned(kind, key, to)
	}
}

// address masks an e-mail address, and the credentials of user:password@host,
// of which a word is the beginning.
func (r *scanner) address(from, to int) {
	if r.at(to) == ':' && r.at(to+1) != '/' {
		// user:password@tcp(host:port)/name, user:password@host:port
		for at := to + 1; at < to+128 && !r.is(at, stop) && r.masked(at) == 0; at++ {
			if r.at(at) == '@' && at > to+1 {
				host := r.span(at+1, inWord)
				if r.at(host) == ':' {
					if end := r.span(host+1, digit); end > host+1 && !r.is(end, inWord) {
						host = -1
					}
				}
				if host < 0 || r.at(host) == '(' {
					r.mask(from, at, secret)
					return
				}
			}
		}
	}
	if r.at(to) != '@' || to-from == 3 && r.has(from, "git") || r.at(to+1) == 'v' && r.is(to+2, digit) {
		return // git@github.com:a/b, module@v1.2.3
	}
	host := r.span(to+1, inWord)
	for r.at(host-1) == '.' { // the end of a sentence
		host--
	}
	top := host // the domain ends in two letters or more
	for class[r.at(top-1)]&letter != 0 {
		top--
	}
	if top > to+2 && host-top > 1 && r.at(top-1) == '.' {
		r.mask(from, host, email)
	}
}

// credentials masks what stands behind Bearer or Basic, unless it is a word of a
// sentence.
func (r *scanner) credentials(i int, kind uint8) {
	if r.at(i) != ' ' {
		return
	}
	from := i + 1
	sure := false
	for i = from; ; i++ {
		c := r.at(i)
		k := class[c]
		if k&(letter|digit) == 0 && c != '/' && c != '=' && c != '+' && (kind == basic || k&inWord == 0) {
			break
		}
		if k&letter == 0 && c != '-' && c != '.' || i > from && c >= 'A' && c <= 'Z' {
			sure = true
		}
	}
	if sure && i-from >= 8 {
		r.mask(from, i, token)
	}
}

const (
	pemDash  = "-----"
	pemBegin = pemDash + "BEGIN"
)

// privateKey masks a private key in PEM. A key that was cut has no end.
func (r *scanner) privateKey(from int) {
	const limit = 64
	head := r.find(r.i, r.i+limit, pemDash)
	if head < 0 || r.find(r.i, head, "PRIVATE KEY") < 0 {
		return
	}
	to := r.find(head+len(pemDash), len(r.s), pemDash)
	if to < 0 {
		to = len(r.s)
	}
	if end := r.find(to+len(pemDash), to+limit, pemDash); end >= 0 {
		to = end + len(pemDash)
	}
	r.mask(from, to, random)
}

// cardEnd returns the end of a card number that begins at i, else 0: 13 to 19
// digits in one piece or in groups, the first of four. All but the last group
// have four digits or more, so that a list of bytes is none. They begin as those
// of the card networks do and have the check digit of ISO/IEC 7812-1. Times in
// nanoseconds begin with 1; other long numbers in one piece are taken for cards
// only if they begin with 6.
func (r *scanner) cardEnd(i int) int {
	first := r.at(i)
	if first < '2' || first > '6' {
		return 0
	}
	n, group, sep := 0, 0, byte(0)
	sum, other := 0, 0 // with every second digit doubled, from this one on or from the next
	for ; n < 20; i++ {
		c := r.at(i)
		if class[c]&digit != 0 {
			d := int(c - '0')
			n++
			group++
			sum, other = other+d, sum+2*d
			if d > 4 {
				other -= 9
			}
			continue
		}
		more := false
		if c == ' ' || c == '-' {
			if sep == 0 && n == 4 || c == sep && group >= 4 {
				more = r.is(i+1, digit)
			}
		}
		if n >= 13 && sum%10 == 0 && (more || class[c]&inWord == 0 || c == '.' && !r.is(i+1, inWord)) {
			if n == 16 || first != '2' && (n < 16 || sep != 0 || first == '6') {
				return i
			}
			return 0
		}
		if !more {
			return 0
		}
		sep, group = c, 0
	}
	return 0
}

// minNoise is the length from which on text may be a key: a commit has 40
// digits.
const minNoise = 41

// noise masks long text in hexadecimal digits or base64, up to the end of what
// it is glued to, and tells it from names: small and capital letters and digits
// follow each other without order, where identifiers hold longer runs of one
// kind. A path is read from its beginning, to each of its slashes. The digest of
// an image is no secret.
func (r *scanner) noise(from, to int) bool {
	if from >= r.tried {
		// The slash is one of the 64 digits, too.
		for r.is(to, inWord) || r.at(to) == '/' {
			to++
		}
		r.tried = to
	}
	if to-from < minNoise {
		return false
	}
	if n := from - len("sha256:"); n >= r.floor && r.has(n, "sha256:") {
		return false
	}
	changes, hex := 0, true
	var all, last uint16
	for i := from; ; i++ {
		c := r.at(i)
		k := class[c] & (letter | digit)
		all |= k
		if k&last == 0 && k != 0 && last != 0 {
			changes++
		}
		last = k
		if c|0x20 > 'f' {
			hex = false
		}
		if k != 0 {
			continue
		}
		end := i >= to || c == '.' || c >= 0x80
		if n := i - from; n >= minNoise && (end || c == '/') && r.at(i-1) != '/' {
			if hex && 4*changes >= n || all == letter|digit && 5*changes >= 2*n {
				r.mask(from, to, random)
				return true
			}
		}
		if end {
			return false
		}
		hex = false
	}
}
