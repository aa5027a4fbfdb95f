package redact

import "strings"

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

// readWord reads a word and masks it when it gives itself away.
func (r *scanner) readWord() {
	from := r.i
	to := r.span(from, inWord)
	r.word, r.end, r.i = from, to, to
	w := r.s[from:to]
	switch c := w[0]; {
	case c >= '2' && c <= '6':
		if end := r.cardEnd(from); end > 0 {
			r.mask(from, end, card)
			return
		}
	case len(w) >= minToken:
		for _, p := range prefixes {
			if strings.HasPrefix(w, p) && strings.ContainsAny(w[len(p):], "0123456789") {
				r.mask(from, r.valueEnd(from), token)
				return
			}
		}
	case c == '-':
		r.privateKey(from)
		return
	default:
		r.keyword(w)
	}
	r.noise(from, to)
}

// keyword acts on words that say what follows.
func (r *scanner) keyword(w string) {
	to := r.end
	switch {
	case fold(w, "bearer"), w == "Basic":
		if r.at(to) == ' ' {
			if end := r.credentials(to+1, w == "Basic"); end > 0 {
				r.mask(to+1, end, token)
			}
		}
	case fold(w, "into"), fold(w, "update"):
		r.sql = max(r.sql, sqlBegun)
	case fold(w, "where"), r.sql > 0 && fold(w, "set"):
		r.sql = max(r.sql, sqlEquals)
	case r.sql > 0 && (fold(w, "values") || fold(w, "in") && r.has(to, " (")):
		r.sql = sqlList
	}
}

// credentials returns the end of what stands behind Bearer or Basic, 0 when it
// is a word of a sentence.
func (r *scanner) credentials(from int, base64 bool) int {
	secret := false
	to := from
	for ; ; to++ {
		c := r.at(to)
		k := class[c]
		if k&(letter|digit) == 0 && c != '/' && c != '=' && c != '+' && (base64 || k&inWord == 0) {
			break
		}
		secret = secret || k&letter == 0 && c != '-' && c != '.' || to > from && c >= 'A' && c <= 'Z'
	}
	if to-from < 8 || !secret {
		return 0
	}
	return to
}

// privateKey masks a private key in PEM. A key that was cut has no end.
func (r *scanner) privateKey(from int) {
	const dashes, limit = "-----", 64
	if !r.has(from, dashes+"BEGIN") {
		return
	}
	head := r.find(from+len(dashes), limit, dashes)
	if head < 0 || r.find(from, head-from, "PRIVATE KEY") < 0 {
		return
	}
	to := r.find(head+len(dashes), len(r.s), dashes)
	if to < 0 {
		to = len(r.s)
	} else if end := r.find(to+len(dashes), limit, dashes); end >= 0 {
		to = end + len(dashes)
	}
	r.mask(from, to, random)
}

// cardEnd returns the end of a card number that begins at i, else 0: 13 to 19
// digits in one piece or in groups. All but the last group have four digits or
// more, so that a list of bytes is none.
func (r *scanner) cardEnd(i int) int {
	var digits [19]uint8
	n, group, sep := 0, 0, byte(0)
	for ; ; i++ {
		c := r.at(i)
		if class[c]&digit != 0 {
			if n == len(digits) {
				return 0
			}
			digits[n] = c - '0'
			n++
			group++
			continue
		}
		more := (c == ' ' || c == '-') && (sep == 0 && n == 4 || c == sep && group >= 4) && r.is(i+1, digit)
		if (more || class[c]&inWord == 0 || c == '.' && !r.is(i+1, inWord)) && isCard(digits[:n], sep != 0) {
			return i
		}
		if !more {
			return 0
		}
		sep, group = c, 0
	}
}

// isCard reports whether digits begin as those of the card networks do and have
// the check digit of ISO/IEC 7812-1. Times in nanoseconds begin with 1; other
// long numbers in one piece are taken for cards only if they begin with 6.
func isCard(digits []uint8, grouped bool) bool {
	n := len(digits)
	if n < 13 || digits[0] == 2 && (n != 16 || digits[1] < 2 || digits[1] > 7) || !grouped && n > 16 && digits[0] != 6 {
		return false
	}
	sum := 0
	for i, d := range digits {
		if (n-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += int(d)
	}
	return sum%10 == 0
}

// minNoise is the length from which on text may be a key: a commit has 40
// digits.
const minNoise = 41

// noise masks long text in hexadecimal digits or base64, up to the end of what
// it is glued to. The digest of an image is no secret.
func (r *scanner) noise(from, to int) {
	if from >= r.tried {
		// The slash is one of the 64 digits, too.
		for r.is(to, inWord) || r.at(to) == '/' {
			to++
		}
		r.tried = to
	}
	if to-from < minNoise || !isNoise(r.s[from:to]) {
		return
	}
	const digest = "sha256:"
	if from-len(digest) >= r.floor && r.has(from-len(digest), digest) {
		return
	}
	r.mask(from, to, random)
}

// isNoise tells random digits from names: small and capital letters and digits
// follow each other without order. Identifiers hold longer runs of one kind. A
// path is read from its beginning, to each of its slashes.
func isNoise(s string) bool {
	var count [4]int // of small letters, capital letters, digits and others
	changes, last, hex := 0, 3, true
	for i := 0; ; i++ {
		c := byte('.')
		if i < len(s) {
			c = s[i]
		}
		end := c == '.' || c >= 0x80
		if (end || c == '/') && i >= minNoise && s[i-1] != '/' {
			if hex && 4*changes >= i || count[0] > 1 && count[1] > 1 && count[2] > 1 && 5*changes >= 2*i {
				return true
			}
		}
		if end {
			return false
		}
		kind := 3
		switch {
		case class[c]&digit != 0:
			kind = 2
		case class[c]&letter != 0:
			if kind = 0; c < 'a' {
				kind = 1
			}
			hex = hex && c|0x20 <= 'f'
		default:
			hex = false
		}
		count[kind]++
		if kind != last && kind != 3 && last != 3 {
			changes++
		}
		last = kind
	}
}
