package main

import "time"

func init() {
	register("map-write-write", mapWriteWrite)
	register("map-read-write", mapReadWrite)
	register("map-iterate-write", mapIterateWrite)
}

// mapWriteWrite lets two goroutines count in one map. The runtime keeps one bit
// in each map that says "somebody writes"; who finds it set where it must not be
// ends the process. That is a check, not a lock: it strikes when two writes meet,
// and here they meet within microseconds.
func mapWriteWrite() {
	visits := map[string]int{"/": 0}
	count := func() { visits["/"]++ }
	together(count, count)
}

// mapReadWrite reads a map while another goroutine writes to it. The reader is
// who notices.
func mapReadWrite() {
	prices := map[string]int{"A-17": 1250}
	total := 0
	together(
		func() { total += prices["A-17"] },
		func() { prices["A-17"] = 1300 },
	)
}

// mapIterateWrite ranges over a map while another goroutine writes to it.
func mapIterateWrite() {
	sessions := map[int]string{}
	for id := 0; id < 64; id++ {
		sessions[id] = "open"
	}
	together(
		func() {
			for range sessions {
			}
		},
		func() { sessions[1] = "closed" },
	)
}

// together calls two functions over and over, the first in this goroutine, for as
// long as nothing strikes, but not more than ten seconds.
func together(here, there func()) {
	end := time.Now().Add(10 * time.Second)
	go func() {
		for time.Now().Before(end) {
			for i := 0; i < 1000; i++ {
				there()
			}
		}
	}()
	for time.Now().Before(end) {
		for i := 0; i < 1000; i++ {
			here()
		}
	}
}
