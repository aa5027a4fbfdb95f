//go:build provoke

package plugin

import (
	"context"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"assert":   func() { Run(context.Background(), nil, nil, nil); select {} },
		"explicit": func() { Call(nil, []any{1, 2}) },
		"start": func() {
			if Start(context.Background(), nil, nil) == nil {
				println("SHOWN")
			}
		},
	}
}
