// Program initpanic dies before its main function: a package it imports panics
// while it is initialised. It is a program of its own, for there is no way to do
// so in one scenario only.
package main

import (
	"fmt"

	"github.com/backstop-go/backstop/lab/harness"
	"github.com/backstop-go/backstop/lab/initpanic/rates"
)

// main is as any program's of the lab, and is never reached: neither a guard nor
// the crash output is in place in time.
func main() {
	harness.Main(map[string]func(){
		"panic-in-init": func() { fmt.Println(rates.Euro) },
	})
}
