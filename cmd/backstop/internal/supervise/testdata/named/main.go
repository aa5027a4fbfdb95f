// Command named uses the SDK, says to it who it is, and ends in the way its
// argument names.
package main

import (
	"log"
	"os"
	"runtime/debug"

	"github.com/backstop-go/backstop"
)

func main() {
	err := backstop.Start(backstop.Options{
		Service: "checkout", Release: "4.2", Environment: "staging", Instance: "till-7",
		SpoolDir: os.Args[2], DisableMonitor: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	switch os.Args[1] {
	case "panic":
		panic("nobody recovers this")
	case "exit":
		os.Exit(3)
	case "kill":
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	case "logged": // as net/http does
		func() {
			defer func() { log.Printf("http: panic serving 127.0.0.1:1: %v\n%s", recover(), debug.Stack()) }()
			panic("in a handler")
		}()
		log.Print("goes on")
	}
}
