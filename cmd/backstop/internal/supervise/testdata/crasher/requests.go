package main

import (
	"fmt"
	"log"
	"os"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/goid"
	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/internal/inflight"
)

// requests serves three requests, as far as the table knows, and dies while it
// does.
func requests(how string) {
	t, err := inflight.Open(os.Getenv("BACKSTOP_INFLIGHT"))
	if err != nil {
		log.Fatal(err)
	}
	self := host.Self()
	t.Introduce(&event.Evidence{Process: self})
	fmt.Println(self.PID, self.Start)
	serveRequest := func(path string, then func()) {
		entered := make(chan bool)
		go func() {
			t.Enter(goid.Slow(), &inflight.Entry{
				Method: "GET", Path: path, Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
			})
			entered <- true
			then()
		}()
		<-entered
	}
	wait := make(chan bool)
	serveRequest("/slow", func() { <-wait })
	serveRequest("/other", func() { <-wait })
	died := make(chan bool)
	serveRequest("/last", map[string]func(){
		"panic":   func() { panic("in a handler") },
		"started": func() { go worker(); <-wait },
		"kill":    func() { self, _ := os.FindProcess(os.Getpid()); _ = self.Kill() },
		"exit":    func() { log.SetFlags(0); log.Fatal("no database") },
		"over":    func() {},
	}[how])
	if how == "over" {
		os.Exit(0)
	}
	<-died
}

// namedOnce says what it is called the first time, and never again.
func namedOnce() {
	if f, err := os.OpenFile(os.Getenv("CRASHER_FIRST"), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		f.Close()
		t, err := inflight.Open(os.Getenv("BACKSTOP_INFLIGHT"))
		if err != nil {
			log.Fatal(err)
		}
		t.Introduce(&event.Evidence{Service: "once", Environment: "lab", Process: host.Self()})
	}
	os.Exit(3)
}
