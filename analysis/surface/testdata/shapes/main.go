// Shapes starts goroutines of many shapes.
package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/backstop-go/backstop/analysis/surface/testdata/safego"
)

func boom(why string) { panic(why) }

var hook = func() { panic("hook") }

var table = map[string]func(){"a": func() { boom("table") }}

var start = mustStart()

func mustStart() int {
	if time.Now().IsZero() {
		panic("no time")
	}
	return 1
}

type srv struct{ h http.Handler }

func (s *srv) ServeHTTP(w http.ResponseWriter, r *http.Request) { boom("srv") }

func (s *srv) run() { boom("run") }

type gen[T any] struct{ f func(T) }

func (g *gen[T]) loop(v T) { g.f(v) }

func genBoom(int) { boom("gen") }

func useOnce() {
	var o sync.Once
	o.Do(func() { boom("once") })
}

func seq(yield func(int) bool) {
	yield(1)
}

func iter() {
	for v := range seq {
		if v == 1 {
			boom("iter")
		}
	}
}

func stringer() { fmt.Println(str{}) }

type str struct{}

func (str) String() string { panic("str") }

type (
	job     interface{ do() }
	wrapper struct{ job }
	real    struct{}
)

func (real) do() { boom("job") }

func helperGuard() {
	defer safego.Recover()
	boom("helper")
}

func rethrow() {
	defer func() {
		if v := recover(); v != nil {
			panic(v)
		}
	}()
	boom("rethrow")
}

func mapread(m map[string]any) int { return m["x"].(int) }

func conditional(b bool) {
	if b {
		defer safego.Recover()
	}
	boom("cond")
}

// told tells of what it recovered with something that may panic: another matter.
func told() {
	defer func() {
		if v := recover(); v != nil {
			mapread(nil)
		}
	}()
	boom("before")
}

func main() {
	go told()
	go hook()
	go table["a"]()
	s := &srv{}
	go s.run()
	f := s.run
	go f()
	g := &gen[int]{f: genBoom}
	go g.loop(1)
	go useOnce()
	go iter()
	go stringer()
	var j job = wrapper{real{}}
	go j.do()
	go helperGuard()
	go rethrow()
	go mapread(nil)
	go conditional(true)
	safego.Go(func() { boom("safego") })
	var r safego.Runner = safego.Bare{}
	r.Run(func() { boom("runner") })
	var wg sync.WaitGroup
	wg.Go(func() { boom("wg") })
	runtime.SetFinalizer(s, func(*srv) { boom("finalizer") })
	context.AfterFunc(context.Background(), func() { boom("after") })
	srv1 := &http.Server{Handler: s}
	go srv1.ListenAndServe()
	http.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { boom("hf") }))
	http.ListenAndServe(":0", s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		func() {
			defer safego.Recover()
			boom("inner")
		}()
	}()
	go func() {
		defer safego.Recover()
		go func() { boom("grandchild") }()
	}()
}
