//go:build go1.24

package main

import (
	"crypto/rand"
	"errors"
)

func init() { register("crypto-rand-failure", cryptoRandFailure) }

// noEntropy is a source of random bytes that has none.
type noEntropy struct{}

func (noEntropy) Read([]byte) (int, error) { return 0, errors.New("entropy source is gone") }

// cryptoRandFailure reads random bytes when there are none to be had. From Go 1.24
// on, rand.Read never returns an error: it ends the process.
func cryptoRandFailure() {
	rand.Reader = noEntropy{}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		panic(err)
	}
}
