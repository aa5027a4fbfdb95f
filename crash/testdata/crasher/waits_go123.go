//go:build go1.23

package main

import "iter"

func init() {
	cases["coroutine"] = func() {
		next, _ := iter.Pull(func(yield func(int) bool) {
			yield(1)
			index()
		})
		next()
		next()
	}
	cases["coroutine-waits"] = func() {
		next, _ := iter.Pull(func(yield func(int) bool) { yield(1) })
		next()
		nilMap()
	}
}
