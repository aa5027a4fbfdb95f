// Package logmw logs panics of handlers.
//
// Incident #zap: gin-contrib/zap#9
package logmw

import (
	"log"
	"net/http"
	"runtime/debug"
)

type entry struct {
	text  string
	stack []byte
}

func newEntry(v any) entry {
	return entry{text: v.(string), stack: debug.Stack()} // FAULT recover-unchecked-assert #zap panic: interface conversion
}

// Handler logs and answers 500.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			e := newEntry(v)
			log.Printf("%s\n%s", e.text, e.stack)
			w.WriteHeader(http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
