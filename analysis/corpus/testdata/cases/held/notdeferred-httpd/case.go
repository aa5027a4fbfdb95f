// Package httpd serves queries and means to survive a bad one.
//
// Incident #recovery: influxdata/influxdb#4147
// Incident #logpanic: QuesmaOrg/quesma#1128
package httpd

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
)

func recovery(inner http.Handler, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v := recover(); v != nil { // FAULT recover-not-deferred #recovery dies: query
			log.Printf("%s [panic:%v]\n%s", name, v, debug.Stack())
			w.WriteHeader(http.StatusInternalServerError)
		}
		inner.ServeHTTP(w, r)
	})
}

func logPanic(job string) {
	if v := recover(); v != nil { // FAULT recover-not-deferred #logpanic dies: merge
		log.Printf("%s: %v\n%s", job, v, debug.Stack())
	}
}

func merge(parts [][]int) int {
	logPanic("merge")
	if len(parts) == 0 {
		panic("merge of nothing")
	}
	return len(parts[0])
}

// Compact merges in the background.
func Compact(parts [][]int, out chan<- int) {
	// ALSO goroutine-unguarded: the guard below is none
	go func() {
		logPanic("compact")
		out <- merge(parts)
	}()
}

// Serve mounts the handler.
func Serve(mux *http.ServeMux, query http.Handler) {
	mux.Handle("/query", recovery(query, "query"))
}

func finish(err *error) {
	if v := recover(); v != nil { // FINE recover-not-deferred #finish: its only caller defers it
		*err = fmt.Errorf("query: %v\n%s", v, debug.Stack())
	}
}

// Query runs a query and turns a panic into an error.
func Query(run func() int) (n int, err error) {
	defer finish(&err)
	return run(), nil
}

// CapturePanic is made to be deferred by other packages.
func CapturePanic(to *error) {
	if v := recover(); v != nil { // FINE recover-not-deferred: exported, other packages defer it
		*to = errors.Join(*to, fmt.Errorf("captured: %v\n%s", v, debug.Stack()))
	}
}
