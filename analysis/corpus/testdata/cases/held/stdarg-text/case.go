// Package table draws tables, and picks.
//
// Incident #bar,#barfixed: dlvhdr/gh-dash#796
// Incident #bubble: muhammadmuzzammil1998/catsay#9
// Incident #pick,#pickfixed: driskell/log-courier#149
// Incident #conns: nsqio/go-nsq#32
// Incident #jitter: containerd/stargz-snapshotter#656
package table

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"time"
)

// Bar draws a bar in what is left of the width.
func Bar(width int, label string) string {
	return label + strings.Repeat("#", width-len(label)-2) // FAULT panicking-stdlib-arg #bar panic: negative Repeat count
}

// Bubble pads each line to the longest.
func Bubble(lines []string, width int) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "| %s%s |\n", l, strings.Repeat(" ", width-len(l))) // FAULT panicking-stdlib-arg #bubble panic: negative Repeat count
	}
	return b.String()
}

// Pick picks a server of the configuration.
func Pick(servers []string) string {
	return servers[rand.Intn(len(servers))] // FAULT panicking-stdlib-arg #pick dies: invalid argument to Intn
}

type reader struct{ conns map[string]int }

// Next picks a connection to ask next.
func (r *reader) Next() int {
	n := len(r.conns)
	return rand.Intn(n) // FAULT panicking-stdlib-arg #conns dies: invalid argument to Intn
}

// Jitter waits for a part of the period.
func Jitter(period time.Duration) time.Duration {
	return period/2 + time.Duration(rand.Int63n(int64(period/2))) // FAULT panicking-stdlib-arg #jitter dies: invalid argument to Int63n
}

// Rule draws a rule that is one shorter than the title.
func Rule(title string) []byte {
	return bytes.Repeat([]byte("-"), len(title)-1) // FAULT panicking-stdlib-arg #rule panic: negative Repeat count
}

// BarFixed clamps.
func BarFixed(width int, label string) string {
	return label + strings.Repeat("#", max(0, width-len(label))) // FINE panicking-stdlib-arg #barfixed: not below zero
}

// Indent indents by a length.
func Indent(path []string) string {
	return strings.Repeat("  ", len(path)) // FINE panicking-stdlib-arg #indent: a length is not negative
}

// PickFixed checks.
func PickFixed(servers []string) string {
	if len(servers) == 0 {
		return ""
	}
	return servers[rand.Intn(len(servers))] // FINE panicking-stdlib-arg #pickfixed: not empty here
}

// Die rolls a die.
func Die() int { return 1 + rand.Intn(6) } // FINE panicking-stdlib-arg #die: a constant

// Pad pads when it is shorter.
func Pad(s string, width int) string {
	if n := width - len(s); n > 0 {
		return s + strings.Repeat(" ", n) // FINE panicking-stdlib-arg #pad: positive here
	}
	return s
}

// Grow grows by a constant.
func Grow(b []byte) []byte {
	return slices.Grow(b, 64) // FINE panicking-stdlib-arg #grow: a constant
}

// Longest computes the width itself.
func Longest(lines []string) (out []string) {
	width := 0
	for _, l := range lines {
		width = max(width, len(l))
	}
	for _, l := range lines {
		if len(l) < width {
			l += strings.Repeat(" ", width-len(l)) // FINE panicking-stdlib-arg #longest: shorter than the width here
		}
		out = append(out, l)
	}
	return out
}

func newReader() *reader { return &reader{conns: make(map[string]int)} }
