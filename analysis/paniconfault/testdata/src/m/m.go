package main

import "runtime/debug"

func main() {
	configure()
	run()
}

func configure() {
	debug.SetPanicOnFault(true) // want `panic-on-fault`
}

func run() {
	done := make(chan bool)
	go func() {
		defer close(done)
		println("work")
	}()
	<-done
}
