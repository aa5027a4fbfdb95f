//go:build provoke

package watch

import (
	"context"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"debounce": func() { (&state{}).Debounce("", 0)(); select {} },
		"shutdown": func() {
			s := &state{seen: map[string]time.Time{"": {}}}
			s.Server("").Shutdown(context.Background())
			select {}
		},
		"quiet": func() { (&state{}).Quiet("", 0); time.Sleep(50 * time.Millisecond) },
		"mark":  func() { <-Mark(0) },
		"drop":  func() { (&state{}).Drop([]string{"a"}) },
	}
}
