//go:build provoke

package stop

import (
	"context"
	"os"
	"syscall"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"caddyfixed": func() {
			go func() { time.Sleep(30 * time.Millisecond); syscall.Kill(os.Getpid(), syscall.SIGTERM) }()
			WaitFixed(func() {})
		},
		"context": func() { _, c := Context(context.Background()); c() },
		"many":    func() { Many(1) },
		"given":   func() { Given(make(chan os.Signal, 1)) },
	}
}
