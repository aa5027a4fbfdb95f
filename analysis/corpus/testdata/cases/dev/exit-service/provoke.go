//go:build provoke

package main

import (
	"context"
	"errors"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"start": func() { start(context.Background(), []step{func(context.Context) error { return errors.New("x") }}) },
		"stun": func() {
			peer(func() (func() error, error) { return func() error { return nil }, nil }, func() error { return errors.New("x") })
		},
		"temp": func() { temp(func(string) error { return errors.New("x") }) },
	}
}
