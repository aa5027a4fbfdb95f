// Program app is most of the lab: every scenario that needs nothing but Go, one
// binary for a toolchain. Each file registers those of one group.
package main

import "github.com/backstop-go/backstop/lab/harness"

var scenarios = map[string]func(){}

// register adds the scenarios of a file; files with newer features have a build
// constraint and register themselves.
func register(name string, f func()) {
	if scenarios[name] != nil {
		panic("two scenarios " + name)
	}
	scenarios[name] = f
}

func main() { harness.Main(scenarios) }
