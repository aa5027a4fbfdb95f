//go:build go1.24

package main

import (
	"fmt"
	"runtime"
	"weak"
)

func init() { register("weak-nil-deref", weakNilDeref) }

// weakNilDeref uses an entry of a cache that holds it weakly, after the garbage
// collector has taken the only strong reference for gone.
func weakNilDeref() {
	type session struct {
		user  string
		token [64]byte
	}
	cached := weak.Make(&session{user: "ada"})
	runtime.GC()
	fmt.Println(cached.Value().user)
}
