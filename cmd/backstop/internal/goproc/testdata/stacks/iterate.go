//go:build go1.23

package main

import "iter"

func init() {
	cases["range-func"] = func() {
		seq := func(yield func(int) bool) { _ = yield(1) && yield(2) }
		for range iter.Seq[int](seq) {
			stack()
		}
	}
	cases["pull"] = func() {
		next, stop := iter.Pull(func(yield func(int) bool) {
			stack()
			yield(1)
		})
		next()
		stop()
	}
}
