//go:build go1.21

package main

// clear is new in Go 1.21: with an older go line only such a file may use it.

func init() { register("map-clear-write", mapClearWrite) }

// mapClearWrite empties a map while another goroutine writes to it: clear is a
// write like any other.
func mapClearWrite() {
	cache := map[int]string{}
	together(
		func() { clear(cache) },
		func() {
			for id := 0; id < 8; id++ {
				cache[id] = "page"
			}
		},
	)
}
