// Program native is the part of the lab that needs C or C++: what they do to a Go
// program, and what a Go program with cgo does otherwise. One binary for a
// toolchain; each file registers its scenarios.
package main

import "github.com/backstop-go/backstop/lab/harness"

var scenarios = map[string]func(){}

func register(name string, f func()) {
	if scenarios[name] != nil {
		panic("two scenarios " + name)
	}
	scenarios[name] = f
}

func main() { harness.Main(scenarios) }
