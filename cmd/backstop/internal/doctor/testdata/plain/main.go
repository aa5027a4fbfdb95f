// Command plain is a program without the SDK.
package main

import (
	"fmt"
	"os"
)

type cart struct{ items map[string]int }

func (c *cart) add(name string) { c.items[name]++ }

func main() {
	c := cart{items: map[string]int{}}
	for _, name := range os.Args {
		c.add(name)
	}
	fmt.Println(len(c.items))
}
