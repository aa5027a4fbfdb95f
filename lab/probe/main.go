// Program probe measures: each probe does one small experiment and prints what it
// saw as lines "key=value". Claims name a probe and a key. Probes that could end
// the process are scenarios of the lab instead.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
)

var probes = map[string]func(){}

func register(name string, f func()) {
	if probes[name] != nil {
		panic("two probes " + name)
	}
	probes[name] = f
}

// say prints a value; a line break in it is kept apart.
func say(key string, value any) {
	fmt.Printf("%s=%s\n", key, strings.ReplaceAll(fmt.Sprint(value), "\n", "\\n"))
}

func main() {
	if len(os.Args) != 2 || probes[os.Args[1]] == nil {
		var names []string
		for name := range probes {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintln(os.Stderr, "usage: probe NAME, one of", strings.Join(names, " "))
		os.Exit(97)
	}
	probes[os.Args[1]]()
}
