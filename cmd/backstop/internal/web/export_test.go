package web

import (
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
)

// What the tests of the whole collector share with those of this package. They
// are a package of their own, because the collector imports this one.
var Now = now

// Samples are the events of the sample shop.
func Samples() []event.Event {
	return []event.Event{nilMap(), mapWrites(), oomKill(), deadlock(), osExit(), detached()}
}

// HostileEvent is an event whose every text is s.
func HostileEvent(s string) event.Event {
	m, id := hostile(s, crash.KindPanic)
	return m.events[id]
}

// Links returns where the links of a page lead.
func Links(all []htmltest.Element) []string {
	var out []string
	for _, e := range all {
		if to := e.Attr["href"]; to != "" {
			out = append(out, to)
		}
	}
	return out
}
