//go:build provoke

package sdk

import (
	"errors"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"key":      func() { MustKey() },
		"check":    func() { c := make(chan error, 1); c <- errors.New("x"); (&Client{}).Check(c); select {} },
		"keyfixed": func() { Key() },
		"exit":     func() { (&Client{}).Exit(1, func(int) {}) },
	}
}
