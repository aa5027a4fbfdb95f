package a

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"sync"

	"b"
)

func work(string) {}

func logPanic() {
	if r := recover(); r != nil {
		log.Printf("%v\n%s", r, debug.Stack())
	}
}

func assertion(in map[string]any) {
	go func() {
		name := in["name"].(string) // want `guard-late: asserts .* before the guard is deferred`
		defer func() {
			if r := recover(); r != nil {
				log.Printf("%v\n%s", r, debug.Stack())
			}
		}()
		work(name)
	}()
}

func index(raw []byte) (kind byte, err error) {
	kind = raw[0] // want `guard-late`
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return kind, nil
}

func explicit(args []string) {
	if len(args) != 2 {
		panic(fmt.Sprint("arguments: ", len(args))) // want `guard-late`
	}
	defer logPanic()
	work(args[0])
}

func nilMap(key string) {
	var seen map[string]bool
	seen[key] = true // want `guard-late`
	defer logPanic()
	work(key)
}

func callback(f func()) {
	f() // want `guard-late: calls f, which comes from outside`
	defer logPanic()
	work("")
}

type server struct {
	onStart func()
	next    http.Handler
}

func (s *server) field() {
	s.onStart() // want `guard-late`
	defer s.guard()
	work("")
}

func (s *server) guard() { b.Guard(); _ = recover() }

func (s *server) middleware(w http.ResponseWriter, r *http.Request) {
	s.next.ServeHTTP(w, r) // want `guard-late: calls the next handler`
	defer logPanic()
	work(r.URL.Path)
}

func mustName(n int) string {
	if n > 3 {
		panic(fmt.Sprint("no name ", n))
	}
	return "x"
}

func helper(n int) {
	name := mustName(n) // want `guard-late: calls mustName, which panics`
	defer logPanic()
	work(name)
}

func otherPackage(n string) {
	name := b.Config(n) // want `guard-late: calls Config, which panics`
	defer b.Guard()
	work(name)
}

func divides(total int, parts []string) {
	each := total / len(parts) // want `guard-late: divides by`
	defer logPanic()
	work(fmt.Sprint(each))
}

func generic[T any](v any) (t T) {
	t = v.(T) // want `guard-late`
	defer logPanic()
	work("")
	return t
}

func conditional(v any, guarded bool) {
	name := v.(string) // want `guard-late`
	if guarded {
		defer logPanic()
	}
	work(name)
}

// The guard stands above.
func early(raw []byte) {
	defer logPanic()
	work(string(raw[0]))
}

// Nothing here panics.
func safe(ctx context.Context, mu *sync.Mutex, raw []byte) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mu.Lock()
	defer mu.Unlock()
	log.Printf("%d bytes", len(raw))
	defer logPanic()
	work(ctx.Err().Error())
}

// The length was tested.
func tested(raw []byte) {
	if len(raw) == 0 {
		return
	}
	kind := raw[0]
	defer logPanic()
	work(string(kind))
}

// It is asked.
func asked(v any) {
	name, ok := v.(string)
	if !ok {
		return
	}
	defer logPanic()
	work(name)
}

// A range does not go too far, a made map takes what comes.
func ranged(list []string) {
	n := make(map[string]int)
	for i := range list {
		n[list[i]]++
	}
	defer logPanic()
	work(fmt.Sprint(n))
}

// It is for who wrote the call.
func dependency(s *server) {
	if s == nil {
		panic("nil server")
	}
	defer logPanic()
	work("")
}

type bailout struct{ msg string }

// The guard is for the panics of parse below.
func parse(in []string) (err error) {
	first := in[0]
	defer func() {
		switch r := recover().(type) {
		case nil:
		case bailout:
			err = fmt.Errorf("%s", r.msg)
		default:
			panic(r)
		}
	}()
	if first == "" {
		panic(bailout{"empty"})
	}
	return nil
}

// An outer guard covers it.
func two(raw []byte) {
	defer logPanic()
	kind := raw[0]
	defer b.Guard()
	work(string(kind))
}

// There is no guard at all: that is another question.
func none(raw []byte) {
	kind := raw[0]
	defer log.Print("end")
	work(string(kind))
}

// It runs in a goroutine of its own, and in a literal.
func elsewhere(raw []byte) {
	go func() { defer logPanic(); work(string(raw[0])) }()
	defer logPanic()
	work("")
}

type options struct{ name string }

type option func(*options)

// Options do not panic.
func configured(opts ...option) {
	var o options
	for _, set := range opts {
		set(&o)
	}
	defer logPanic()
	work(o.name)
}

// What is opened is guarded from then on.
func opens(open func() func()) {
	done := open()
	defer logPanic()
	defer done()
	work("")
}
