// Service starts goroutines in all ways.
package main

import (
	"net/http"
	"sort"
	"time"

	"github.com/backstop-go/backstop/analysis/surface/testdata/other"
)

type store interface{ get(key any) string }

type memory struct{ m map[any]any }

func (s *memory) get(key any) string { return s.m[key].(string) }

func explode(why string) { panic("explode: " + why) }

// guarded has a guard that works.
func guarded() {
	defer func() { _ = recover() }()
	explode("guarded")
}

// disarmed has one that calls recover too deep.
func disarmed() {
	defer func() { rescue() }()
	explode("disarmed")
}

func rescue() { _ = recover() }

// partly calls explode under a guard, and panics by itself before it.
func partly(n int) {
	if n > 3 {
		explode("partly")
	}
	defer func() { _ = recover() }()
	explode("covered")
}

func loop(s store) {
	for {
		contained(s)
		s.get("x")
	}
}

// contained guards what it calls.
func contained(s store) {
	defer func() { _ = recover() }()
	only()
}

// only is called under a guard, always.
func only() { panic("only") }

func quiet() {}

func serve(w http.ResponseWriter, r *http.Request) { explode("serve") }

func callbacks(p *other.Pool) {
	time.AfterFunc(time.Second, func() { explode("timer") })
	p.Submit(pooled)
	other.Go(func() { explode("other.Go") })
	words := []string{"b", "a"}
	sort.Slice(words, func(i, j int) bool { return words[i] < words[j] })
	other.Each(3, func(n int) { explode("each") })
}

func pooled(int) { explode("pooled") }

func spawn(f func()) { go f() }

func parse(s string) int {
	defer func() { _ = recover() }()
	return other.Parse(s)
}

func main() {
	go guarded()
	go disarmed()
	go partly(1)
	go loop(&memory{})
	go quiet()
	spawn(func() { explode("spawn") })
	http.HandleFunc("/", serve)
	http.Handle("/x", handler{})
	callbacks(other.NewPool())
	parse("x")
	other.Parse("y")
	n, _ := other.Safe("z")
	_ = n
}

type handler struct{}

func (handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { explode("handler") }
