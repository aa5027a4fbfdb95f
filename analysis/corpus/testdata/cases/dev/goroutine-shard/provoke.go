//go:build provoke

package shard

import (
	"io"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"weave":       func() { Check(func() (*response, error) { return nil, io.EOF }, func(bool) {}); select {} },
		"zk":          func() { Open([]byte("{}")); select {} },
		"load":        func() { Load([]string{"a"}, func(string, string) {}) },
		"loadguarded": func() { LoadGuarded([]string{"a"}, func(string, string) {}) },
		"fan":         func() { Fan([][]string{{"a"}}) },
	}
}
