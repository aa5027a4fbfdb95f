//go:build provoke

package meta

import (
	"context"

	"corpus.test/dev/errderef-third/client"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"size":       func() { New(client.New(nil)).Size(context.Background(), "a") },
		"watch":      func() { New(client.New(nil)).Watch(context.Background(), []string{"a"}) },
		"watchfixed": func() { New(client.New(nil)).WatchFixed(context.Background(), []string{"a"}) },
		"retry":      func() { New(client.New(nil)).Retry(context.Background(), "a") },
		"missing":    func() { New(client.New(nil)).Missing(context.Background(), "a") },
		"closure":    func() { New(client.New(nil)).Closure(context.Background(), "a")() },
		"inverse":    func() { New(client.New(nil)).Inverse(context.Background(), "a") },
		"shadowed":   func() { New(client.New(nil)).Shadowed(context.Background(), "a") },
	}
}
