//go:build provoke

package config

import (
	"context"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"root":       func() { Children([]byte("{}")) },
		"root2":      func() { Children([]byte(`{"root":{}}`)) },
		"args":       func() { Limit([]byte("{}")) },
		"items":      func() { Items([]byte("null")) },
		"transition": func() { Transition(context.Background()) },
		"rootfixed":  func() { ChildrenFixed([]byte("{}")); ChildrenFixed([]byte(`{"root":{}}`)) },
		"argsfixed":  func() { LimitFixed(nil) },
		"heap":       func() { Smallest([]int{2, 1}) },
		"pool":       func() { Buffer() },
		"atomic":     func() { Store(nil) },
		"known":      func() { Known(1) },
	}
}
