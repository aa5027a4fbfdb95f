//go:build unix && !aix && go1.23

package monitor

import (
	"time"

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

// crashEvent makes an event of the text the runtime left. The text is not read
// here: the collector does, so that programs need not carry a parser, and an
// old program profits from a new one.
func (c *Config) crashEvent(text *clipping, at time.Time) (event.Event, error) {
	e := event.Event{
		ID: event.NewID(), OccurredAt: at.UTC(), Observers: []event.Observer{event.Monitor},
		Service: c.Service, Release: c.Release, Environment: c.Environment, Instance: c.Instance,
		Process: c.Process, Build: c.Build,
		TextCut: text.cut,
	}
	err := e.SetText(text.bytes())
	return e, err
}
