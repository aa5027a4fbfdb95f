// Package calls gets to the same code in many ways.
package calls

import (
	"net/http"
	"net/http/httptest"
	"sort"
	"sync"
	"time"

	"example.com/lib/v2"
)

// Run dies.
func Run(bug, value string) {
	switch bug {
	case "lib-config":
		config(value)
	case "lib-order":
		order(value)
	case "lib-twice-a", "lib-twice-b":
		twice(bug, value)
	case "go-method":
		w := new(worker)
		go w.run(value, 3)
		time.Sleep(10 * time.Second)
	case "go-value":
		start(new(worker).loop)
	case "defer-arguments":
		finish(value)
	case "sort":
		byPrice(nil)
	case "lib-handler":
		lib.Run([]string{value}, new(worker).handle)
	case "linked":
		linked(value)
	case "once":
		load()
	case "inlined":
		wrap(deep)()
	case "handler-add", "handler-list":
		route(bug)
	case "nested":
		nested(value)
	default:
		iterate(bug, value)
	}
}

// idle has closures.
func idle(n int) func() int {
	return func() int {
		n++
		return n
	}
}

//go:noinline
func config(value string) string { return lib.Parse(value) }

//go:noinline
func order(value string) string { return lib.Parse(value) }

//go:noinline
func twice(bug, value string) string {
	s := ""
	if value == "" {
		return s
	}
	if bug == "lib-twice-a" {
		s += lib.Parse(value)
	}
	if bug == "lib-twice-b" {
		s += lib.Parse(value)
	}
	return s
}

type worker struct{ jobs []string }

//go:noinline
func (w *worker) run(_ string, n int) { w.jobs[n] = "done" }

//go:noinline
func (w *worker) loop() { w.jobs[3] = "done" }

//go:noinline
func (w *worker) handle(string) { w.jobs[3] = "done" }

//go:noinline
func start(f func()) {
	go f()
	time.Sleep(10 * time.Second)
}

//go:noinline
func finish(value string) {
	w := new(worker)
	defer w.run(value, 5)
}

//go:noinline
func byPrice(prices []int) {
	list := []int{3, 1, 2}
	sort.Slice(list, func(i, j int) bool { return list[i] > list[j] })
	sort.Slice(list, func(i, j int) bool { return prices[i] < prices[j] })
}

var next = idle(3)

var load = sync.OnceFunc(func() { new(worker).loop() })

// wrap is inlined into its callers, its closure with it.
func wrap(f func()) func() {
	return func() {
		f()
	}
}

//go:noinline
func deep() { new(worker).loop() }

// route sends a request to one of two handlers, both behind the same middleware.
func route(bug string) {
	mux := http.NewServeMux()
	mux.Handle("/health", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = next() }))
	mux.Handle("/handler-add", traced(http.HandlerFunc(addItem)))
	mux.Handle("/handler-list", traced(http.HandlerFunc(listItems)))
	r := httptest.NewRequest("GET", "/"+bug, nil)
	mux.ServeHTTP(httptest.NewRecorder(), r)
}

func traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
	})
}

//go:noinline
func addItem(http.ResponseWriter, *http.Request) { new(worker).loop() }

//go:noinline
func listItems(http.ResponseWriter, *http.Request) { new(worker).loop() }

// nested panics again while it cleans up.
//
//go:noinline
func nested(value string) {
	defer func() {
		panic("cannot clean up after " + value)
	}()
	new(worker).loop()
}
