package crash

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// A message is one row of testdata/messages.tsv: a text that a Go program can
// die with, as the sources of the toolchains have it.
type message struct {
	kind     string // throw, fatal, panic, cgo
	versions string // "1.4-1.8,1.21-1.27"
	text     string
	open     bool     // more follows the text
	places   []string // functions, or packages
}

// readMessages reads the table that internal/gen made.
func readMessages(tb testing.TB) []message {
	tb.Helper()
	data, err := os.ReadFile("testdata/messages.tsv")
	if err != nil {
		tb.Fatal(err)
	}
	var all []message
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 4 {
			tb.Fatalf("messages.tsv: %q has %d fields", line, len(fields))
		}
		m := message{kind: fields[0], versions: fields[1], places: strings.Fields(fields[3])}
		quoted, open := strings.CutSuffix(fields[2], "...")
		if m.text, err = strconv.Unquote(quoted); err != nil {
			tb.Fatalf("messages.tsv: %s: %v", fields[2], err)
		}
		m.open = open
		all = append(all, m)
	}
	if len(all) < 2000 {
		tb.Fatalf("messages.tsv has %d rows only", len(all))
	}
	return all
}

// report is what the headline alone makes of a message.
func (m *message) report() *Report {
	r := &Report{Kind: KindFatal, Crash: -1, Message: m.text, HasMessage: true}
	if m.kind == "panic" {
		r.Kind = KindPanic
	}
	return r
}

// Every rule that looks at a message is there for a text that a toolchain has,
// or for one of those that the generator cannot see.
func TestRulesAreForRealTexts(t *testing.T) {
	texts := []Report{
		{Kind: KindPanic, Message: "runtime error: invalid memory address or nil pointer dereference", Signal: Signal{Addr: "0x123456000"}},
		// runtime/cgocall.go, cgoFormatErr (Go 1.26): built up piece by piece.
		{Kind: KindPanic, Message: "runtime error: argument of cgo function has Go pointer to unpinned Go pointer"},
		{Kind: KindPanic, Message: "runtime error: /src/main.go:12: result of Go function f called from cgo is unpinned Go map or points to unpinned Go map"},
		// runtime/error.go, panicwrap: made of the caller's name.
		{Kind: KindPanic, Message: "value method main.T.M called using nil *T pointer"},
		// net/http/server.go: ErrAbortHandler and mux.register, values of variables.
		{Kind: KindPanic, Message: "net/http: abort Handler"},
		{Kind: KindPanic, Message: `pattern "/" (registered at a.go:1) conflicts with pattern "/" (registered at b.go:2):`},
		// expvar/expvar.go, Map.Set by way of log.Panicln.
		{Kind: KindPanic, Message: "Reuse of exported var name: requests\n"},
		// text/template/parse, Template.errorf, by way of template.Must.
		{Kind: KindPanic, Message: "template: page:1: unexpected EOF"},
	}
	for _, m := range readMessages(t) {
		if m.kind != "cgo" {
			texts = append(texts, *m.report())
		}
	}
	decided := make(map[int]bool)
	for i := range texts {
		texts[i].HasMessage, texts[i].Crash = true, -1
		decided[matchRule(&texts[i])] = true
	}
	for i := range rules {
		if u := &rules[i]; u.exact+u.prefix+u.contains != "" && !decided[i] {
			t.Errorf("rule %d (%+v): no text is like this", i, *u)
		}
	}
}
