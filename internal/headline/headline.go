// Package headline finds the headline of a fatal error in the memory of an
// executable: where it begins a traceback may say, but from Go 1.17 not how long
// it is, and Go keeps its texts in a row without anything between them. The
// texts that the runtimes of Go 1.21 to 1.27 have, and which of their functions
// end with which, tell.
//
// Start with [Find]. It reads no executables: internal/gobin does.
package headline

import (
	"bytes"
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed headlines.tsv
var table string

// MaxLen is how much memory [Find] looks at: no headline is longer.
const MaxLen = 256

// minLen is the shortest text that is believed of a function that is not known
// to have it.
const minLen = 8

// headlines are the texts of the table.
type headlines struct {
	all        []string
	byFunction map[string][]string
	byPackage  map[string][]string
}

// parsed is the table, read when first asked for.
var parsed = sync.OnceValue(func() (p headlines) {
	p.byFunction, p.byPackage = make(map[string][]string), make(map[string][]string)
	for _, line := range strings.Split(table, "\n") {
		quoted, functions, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			continue // a test holds the table against this
		}
		p.all = append(p.all, text)
		for _, fn := range strings.Fields(functions) {
			p.byFunction[fn] = append(p.byFunction[fn], text)
			p.byPackage[packageOf(fn)] = append(p.byPackage[packageOf(fn)], text)
		}
	}
	return p
})

// Find returns the headline that memory begins with: the bytes that stand where
// crash's Report.HeadlineAddr points. function is what Report.ThrownBy returned;
// the texts that it, or another function of its package, is known to end with
// come first, and the longest decides. known tells whether it is one of those:
// of several places that may be the right one, this one is. It is not ok when
// memory begins with no headline of any Go that is known.
func Find(function string, memory []byte) (text string, known, ok bool) {
	memory = memory[:min(len(memory), MaxLen)]
	if i := strings.Index(function, ".func"); i > 0 {
		function = function[:i] // a closure
	}
	p := parsed()
	if text := longest(p.byFunction[function], memory); text != "" {
		return text, true, true
	}
	if text := longest(p.byPackage[packageOf(function)], memory); len(text) >= minLen {
		return text, true, true
	}
	text = longest(p.all, memory)
	return text, false, len(text) >= minLen
}

func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/') + 1
	if dot := strings.IndexByte(function[slash:], '.'); dot >= 0 {
		return function[:slash+dot]
	}
	return ""
}

func longest(texts []string, memory []byte) string {
	best := ""
	for _, text := range texts {
		if len(text) > len(best) && bytes.HasPrefix(memory, []byte(text)) {
			best = text
		}
	}
	return best
}
