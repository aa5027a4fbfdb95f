package web

import (
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// What the tests of the whole collector share with those of this package. They
// are a package of their own, because the collector imports this one.
var (
	Now        = now
	Payloads   = payloads
	ParsePage  = parse
	CheckPage  = checkPage
	TextOf     = textOf
	NewBrowser = newBrowser
	NewTab     = newTab
	Complaints = complaints
	Visit      = visit
)

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
func Links(all []element) []string {
	var out []string
	for _, e := range all {
		if to := e.attr["href"]; to != "" {
			out = append(out, to)
		}
	}
	return out
}
