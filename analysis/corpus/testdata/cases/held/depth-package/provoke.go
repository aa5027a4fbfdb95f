//go:build provoke

package consumer

import (
	"sync"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"handle":   func() { var wg sync.WaitGroup; Handle(Message{Topic: "a"}, func(Message) { panic("message") }, &wg) },
		"iface":    func() { Each([]Message{{}}, func(Message) { panic("message") }) },
		"good":     func() { Good(Message{}, func(Message) { panic("message") }) },
		"wrapped":  func() { Wrapped(Message{}, func(Message) { panic("message") }) },
		"deferred": func() { Deferred(Message{}, func(Message) { panic("message") }) },
	}
}
