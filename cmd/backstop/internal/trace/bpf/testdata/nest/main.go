// Command nest panics in deferred functions of panics: "each N" recovers them one by
// one, the newest first, "all N" by one recovery, "die N" not at all. It does so for
// each line that it reads, and answers with it.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		how, n := "", 0
		fmt.Sscan(in.Text(), &how, &n)
		switch how {
		case "each":
			each(n)
		case "all":
			all(n)
		case "die":
			pile(n)
		}
		fmt.Println(in.Text())
	}
}

//go:noinline
func each(n int) {
	defer func() { _ = recover() }()
	defer func() {
		if n > 1 {
			each(n - 1)
		}
	}()
	panic(n)
}

//go:noinline
func all(n int) {
	defer func() { _ = recover() }()
	pile(n)
}

//go:noinline
func pile(n int) {
	defer func() {
		if n > 1 {
			pile(n - 1)
		}
	}()
	panic(n)
}
