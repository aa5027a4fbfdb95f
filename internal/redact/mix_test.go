package redact

import (
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"
)

// pieces are what texts with secrets are made of.
var pieces = []string{
	"password", "token", "Authorization", "Cookie", "secret", "auth", "api", "key", "Bearer", "Basic", "where", "values", "into",
	"set", "in", "nil", "foo", "Bar", "x1", "8", "4111 1111 1111 1111", "4111", "bob@example.com", "a.b", "co.uk", "git",
	"eyJhbGciOiJIUzI1NiJ9.eyJz", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "-----BEGIN PRIVATE KEY-----", "-----END", "-----",
	"2b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfe", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRW", "sha256:",
	"invalid port ", " [recovered]", "tcp(", "0x", "h\u00f6", "[redacted", "[redacted]", "[redacted email]", "[]string{", "[]", "map[",
	":", "=", "=>", ":=", "==", "://", "@", "?", "&", "/", "#", ",", ";", ".", "-", "_", "'", "\"", "`", "\\", "\\\"", "(", ")", "[", "]",
	"{", "}", "<", ">", "$1", "%s", "*", "~", " ", " ", " ", " ", "\n", "\t",
}

// TestTextOfMixtures: texts of all kinds of pieces are masked once and for all.
func TestTextOfMixtures(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	n := 100_000
	if testing.Short() {
		n = 20_000
	}
	var b strings.Builder
	for range n {
		b.Reset()
		for range 2 + rnd.Intn(12) {
			b.WriteString(pieces[rnd.Intn(len(pieces))])
		}
		s := b.String()
		once := Text(s)
		if twice := Text(once); twice != once {
			t.Fatalf("not idempotent\n    s %q\n once %q\ntwice %q", s, once, twice)
		}
		if !utf8.ValidString(once) {
			t.Fatalf("%q became invalid: %q", s, once)
		}
	}
}
