package postmortem

import (
	"fmt"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// A panicking is a panic in flight, runtime._panic.
type panicking struct {
	typ, data                     uint64 // the two words of the value
	value                         goproc.Value
	text                          string // as the runtime prints it
	recovered, repanicked, goexit bool
}

// maxPanics bounds a chain: each panic stands on the stack of its goroutine, and
// hostile memory may make a ring.
const maxPanics = 1000

// panics reads the chain of panics that begins at an address, the last one first;
// whole says that all of it could be read.
func (c *Core) panics(addr uint64) (all []panicking, whole bool) {
	l := &c.program.Layout.Panic
	flag := func(at uint64, offset int32) bool {
		if offset < 0 {
			return false
		}
		var b [1]byte
		n, _ := c.file.ReadAt(b[:], int64(at+uint64(offset)))
		return n == 1 && b[0] != 0
	}
	whole = addr != 0
	for addr != 0 && len(all) < maxPanics {
		typ, okType := c.word(addr + uint64(l.Arg))
		data, okData := c.word(addr + uint64(l.Arg) + 8)
		link, okLink := c.word(addr + uint64(l.Link))
		if !okType || !okData || !okLink {
			c.problem("a panic in flight at %#x cannot be read", addr)
			return all, false
		}
		p := panicking{
			typ: typ, data: data,
			recovered: flag(addr, int32(l.Recovered)), repanicked: flag(addr, int32(l.Repanicked)), goexit: flag(addr, int32(l.Goexit)),
		}
		if !p.goexit {
			var ok bool
			p.value, p.text, ok = c.value(typ, data)
			whole = whole && ok
		}
		all = append(all, p)
		addr = link
	}
	return all, whole
}

// writePanics writes a chain of panics, the first one first (runtime/panic.go,
// printpanics).
func writePanics(b *strings.Builder, panics []panicking, indent bool) {
	for i := len(panics) - 1; i >= 0; i-- {
		p := &panics[i]
		if i+1 < len(panics) {
			before := &panics[i+1]
			if before.repanicked {
				continue
			}
			if !before.goexit {
				b.WriteByte('\t')
			}
		}
		if p.goexit {
			continue
		}
		text := p.text
		if indent {
			text = indented(text)
		}
		b.WriteString("panic: " + text)
		switch {
		case p.repanicked:
			b.WriteString(" [recovered, repanicked]")
		case p.recovered:
			b.WriteString(" [recovered]")
		}
		b.WriteByte('\n')
	}
}

// indents says whether the release indents the lines of a text behind the first:
// from Go 1.23 on (runtime/error.go, printindented).
func (c *Core) indents() bool {
	switch minor := minorRelease(c.program.Layout.Release); {
	case minor == 0:
		return true
	default:
		return minor >= 23
	}
}

func (c *Core) indent(text string) string {
	if c.indents() {
		return indented(text)
	}
	return text
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n\t") }

// minorRelease returns 26 for "go1.26.8", 0 for what is no release.
func minorRelease(release string) int {
	var minor int
	if _, err := fmt.Sscanf(release, "go1.%d", &minor); err != nil {
		return 0
	}
	return minor
}
