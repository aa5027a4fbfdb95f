//go:build unix && !aix && go1.23

package monitor

import (
	"bytes"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// A traceback of 100,000 goroutines has 17 MB. What is larger loses its middle:
// the cause stands at the head.
const (
	maxHead = 24 << 20
	maxTail = 8 << 20
)

// A clipping keeps the head and the tail of a text of any size.
type clipping struct {
	head, tail []byte
	cut        bool
}

func (c *clipping) empty() bool { return len(c.head) == 0 }

func (c *clipping) write(b []byte) {
	n := min(len(b), maxHead-len(c.head))
	c.head = append(c.head, b[:n]...)
	c.tail = append(c.tail, b[n:]...)
	if len(c.tail) > 2*maxTail {
		c.cut = true
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-maxTail:]...)
	}
}

func (c *clipping) bytes() []byte {
	if !c.cut {
		return append(c.head, c.tail...)
	}
	// The tail may begin in the middle of a line; the parser counts that as a
	// problem and goes on.
	return append(append(c.head, '\n'), c.tail...)
}

// crashEvent makes an event of the text the runtime left. Text that nobody
// understands is an event as well: a damaged report is kept and marked.
func (c *Config) crashEvent(text *clipping, at time.Time) event.Event {
	data := text.bytes()
	r := parse(data)
	r.Truncated = r.Truncated || text.cut
	if r.GoVersion == "" {
		r.GoVersion = c.Build.GoVersion
	}
	e := event.New(r, event.Monitor, at)
	e.Service, e.Release, e.Environment, e.Instance = c.Service, c.Release, c.Environment, c.Instance
	e.Process, e.Build = c.Process, c.Build
	if g := r.CrashGoroutine(); g != nil {
		e.Request = event.RequestFromLabels(g.Labels)
	}
	var cut bool
	if e.Text, cut = event.CutText(data); cut {
		r.Truncated = true
	}
	return e
}

// parse reads the crash. The text is made by the process that crashed and may
// be anything, so a fault in the parser must not lose it.
func parse(data []byte) (r *crash.Report) {
	defer func() {
		if v := recover(); v != nil {
			r = unreadable("parser_panic", data)
		}
	}()
	r, err := crash.ParseCrashOutput(bytes.NewReader(data))
	if err != nil || r == nil {
		return unreadable("no_crash_found", data)
	}
	return r
}

func unreadable(code string, data []byte) *crash.Report {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	r := &crash.Report{Kind: crash.KindFragment, Class: "fragment", Crash: -1, Problems: []crash.Problem{{
		Code: code, Line: 1, Count: bytes.Count(data, []byte("\n")) + 1, Text: event.Clip(string(line), 200),
	}}}
	r.Fingerprints = crash.Fingerprint(r)
	return r
}
