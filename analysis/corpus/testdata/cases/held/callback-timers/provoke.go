//go:build provoke

package lease

import (
	"context"
	"time"

	"corpus.test/held/callback-timers/cron"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"afterfunc":  func() { (&Lease{}).Start(0); select {} },
		"ctxafter":   func() { ctx, c := context.WithCancel(context.Background()); c(); (&Lease{}).Bind(ctx); select {} },
		"cron":       func() { c := &cron.Cron{}; Nightly(c, []*Lease{{}}); c.Start(); select {} },
		"afterfixed": func() { (&Lease{}).StartGuarded(0); time.Sleep(50 * time.Millisecond) },
		"cronfixed": func() {
			c := &cron.Cron{}
			NightlyGuarded(c, []*Lease{{}})
			c.Start()
			time.Sleep(50 * time.Millisecond)
		},
		"sorted": func() { Sorted([]*Lease{{}, {}}) },
		"clean":  func() { Clean("a") },
		"init":   func() { Init(func() error { return nil }) },
		"cancel": func() { Cancel(0, func() {}); time.Sleep(20 * time.Millisecond) },
	}
}
