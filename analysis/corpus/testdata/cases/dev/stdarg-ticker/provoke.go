//go:build provoke

package poll

import (
	"context"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"polling": func() { Every(context.Background(), []string{"-polling-period=0s"}, nil) },
		"random": func() {
			for range 1000 {
				Random().Stop()
			}
		},
		"heartbeat": func() { Heartbeat("1") },
		"reset":     func() { Until(time.NewTicker(time.Hour), time.Now()) },
		"randomfixed": func() {
			for range 1000 {
				RandomFixed().Stop()
			}
		},
		"everyfixed": func() { EveryFixed(0) },
		"constant":   func() { Constant() },
		"timer":      func() { Timer(time.Time{}) },
	}
}
