package b

import (
	"log"
	"net/http"
	"runtime/debug"
)

// Guard is deferred by the handlers of others.
func Guard(w http.ResponseWriter, r *http.Request) {
	if v := recover(); v != nil { // want `aborthandler`
		log.Printf("%s: %v\n%s", r.URL.Path, v, debug.Stack())
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// Report logs a panic.
func Report(v any) {
	log.Printf("panic: %v\n%s", v, debug.Stack())
}

// Abort panics again when it must.
func Abort(v any) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
}
