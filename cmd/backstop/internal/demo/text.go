package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/backstop-go/backstop/event"
)

// clean makes foreign text safe for a terminal: whatever is not printable,
// escape sequences and direction overrides included, becomes "?". Classes,
// ids and build output go through it; messages of crashes are never printed.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// fit pads or cuts a text to a width in runes.
func fit(s string, width int) string {
	n := utf8.RuneCountInString(s)
	switch {
	case n <= width:
		return s + strings.Repeat(" ", width-n)
	case width < 3:
		return string([]rune(s)[:max(width, 0)])
	}
	return string([]rune(s)[:width-2]) + ".."
}

// right pads a text on its left.
func right(s string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s))) + s
}

// wrap breaks words into lines of at most a width.
func wrap(words []string, width int) []string {
	var lines []string
	line := ""
	for _, w := range words {
		switch {
		case line == "":
			line = w
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) <= width:
			line += " " + w
		default:
			lines = append(lines, line)
			line = w
		}
	}
	return append(lines, line)
}

// short prints a duration as people compare them: in milliseconds, or in
// seconds from ten on.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "<1 ms"
	case d < 10*time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func observerNames(seen []event.Observer) string {
	if len(seen) == 0 {
		return "nobody"
	}
	names := make([]string, len(seen))
	for i, o := range seen {
		names[i] = clean(string(o))
	}
	slices.Sort(names)
	return strings.Join(names, "+")
}

func plural(n int, one string) string {
	switch {
	case n == 1:
		return "1 " + one
	case strings.HasSuffix(one, "s"):
		return fmt.Sprintf("%d %ses", n, one)
	}
	return fmt.Sprintf("%d %ss", n, one)
}
