package shapes

import (
	"context"
	"log"
	"os"
	"time"
)

type opts struct {
	OnDone  func()
	OnError func(error)
	hook    func(string)
}

type svc struct{ opts opts }

func (s *svc) bad1() { go s.opts.OnDone() } // want `check for nil first`

func (s *svc) bad2(err error) {
	if s.opts.OnError != nil {
		s.opts.OnError(err)
	}
	go s.opts.OnError(err) // want `check for nil first`
}

func bad3(cb func()) {
	var f func()
	if cb != nil {
		f = cb
	}
	go f() // want `check for nil first`
}

func bad4(m map[string]func(), k string) {
	go m[k]() // want `check for nil first`
}

func pick(k string) func(context.Context) {
	switch k {
	case "a":
		return func(context.Context) { log.Print("a") }
	}
	return nil
}

func bad5(ctx context.Context, k string) {
	go pick(k)(ctx) // want `check for nil first`
}

var handler func(string)

func SetHandler(f func(string)) { handler = f }

func bad6(s string) {
	go handler(s) // want `check for nil first`
}

func bad7(handlers map[string]func(), k string) {
	h := handlers[k]
	defer time.Sleep(1)
	go h() // want `check for nil first`
}

func bad8(k string) {
	f := pick(k)
	defer f(context.Background()) // want `check for nil first`
	log.Print("x")
}
func open() (func(), error) {
	f, err := os.Open("x")
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}

func bad9() error {
	cleanup, err := open()
	defer cleanup() // want `check for nil first`
	if err != nil {
		return err
	}
	return nil
}
