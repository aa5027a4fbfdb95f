package main

import (
	"log"
	"net/http"
	"runtime/debug"
)

func main() {
	debug.SetPanicOnFault(true) // want `panic-on-fault: .* a fault in a goroutine other than main still ends the process`
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
