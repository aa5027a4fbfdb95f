// Package tree recurses.
package tree

import (
	"runtime/debug"
	"strconv"
)

// Run dies in a recursion. The value is the limit of the stack in KiB, or a
// depth.
func Run(bug, value string) {
	n, err := strconv.Atoi(value)
	if err != nil {
		panic(err)
	}
	if bug != "depth" {
		debug.SetMaxStack(n << 10)
	}
	switch bug {
	case "walk":
		sink = walk(0)
	case "descend-left", "descend-right":
		sink = descend(bug, 0)
	case "rounds":
		sink = expression(0)
	case "depth":
		sink = depth(n)
	case "odd":
		sink = odd(0)
	case "grammar":
		sink = statement(0)
	}
}

var sink int

//go:noinline
func walk(n int) int { return walk(n+1) + 1 }

// descend recurses at one of two lines.
//
//go:noinline
func descend(mode string, n int) int {
	if mode == "descend-left" {
		return descend(mode, n+1) + 1
	}
	return descend(mode, n+2) + 2
}

// expression, term and factor call each other in turn.
//
//go:noinline
func expression(n int) int {
	var pad [64]int
	pad[n&63] = n
	return term(n+1) + pad[n&31]
}

//go:noinline
func term(n int) int { return factor(n+1) + 1 }

//go:noinline
func factor(n int) int {
	var pad [16]int
	pad[n&15] = check(n)
	return expression(n+1) + pad[n&7]
}

//go:noinline
func check(n int) int {
	var pad [200]byte
	pad[n%200] = 1
	return int(pad[n%100])
}

// depth recurses as deep as it is told.
//
//go:noinline
func depth(n int) int {
	if n == 0 {
		return leaf(nil)
	}
	return depth(n-1) + 1
}

//go:noinline
func leaf(list []int) int { return list[3] }

//go:noinline
func odd(n int) int { return even(n+1) + 1 }

//go:noinline
func even(n int) int { return odd(n+1) + 1 }

// statement recurses without a fixed period.
//
//go:noinline
func statement(n int) int {
	if n%3 == 0 || n%7 == 2 {
		return block(n+1) + 1
	}
	return statement(n+1) + 1
}

//go:noinline
func block(n int) int { return statement(n+1) + 1 }
