//go:build provoke

package jobs

import (
	"context"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"scalingo":      func() { s := New(); s.Add([]byte("{}")); s.cron.Start(); select {} },
		"dcron":         func() { New().Start(); select {} },
		"iface":         func() { s := New(); s.AddJob(); s.cron.Start(); select {} },
		"scalingofixed": func() { s := New(); s.AddFixed([]byte("{}")); s.cron.Start(); time.Sleep(20 * time.Millisecond) },
		"stop":          func() { ctx, c := context.WithCancel(context.Background()); New().Stop(ctx); c() },
	}
}
