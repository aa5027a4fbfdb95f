//go:build provoke

package results

import (
	"context"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"acorn":      func() { Watch(context.Background(), []string{"a"}, func(string) {}) },
		"sum":        func() { Sum([][]int{{1}}) },
		"acornfixed": func() { WatchFixed(context.Background(), []string{"a"}, func(string) {}) },
		"sumfixed":   func() { SumFixed([][]int{{1}}) },
		"hand":       func() { Hand(3, func(int) {}) },
	}
}
