//go:build provoke

package cache

import (
	"errors"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"single":      func() { Open("") },
		"skb":         func() { (&Cache{}).Check(func(string) error { return errors.New("x") }) },
		"singlefixed": func() { OpenFixed("") },
	}
}
