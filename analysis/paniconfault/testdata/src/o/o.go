package main

import (
	"log"
	"runtime/debug"
)

// It is meant for the main goroutine, which recovers.
func main() {
	debug.SetPanicOnFault(true)
	go log.Println("started")
	check([]byte("mapped"))
}

func check(mem []byte) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("cut: %v\n%s", r, debug.Stack())
		}
	}()
	log.Print(mem[0])
}
