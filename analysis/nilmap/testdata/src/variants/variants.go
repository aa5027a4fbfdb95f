package variants

import (
	"encoding/json"
	"net/http"
	"sync"

	"example.com/svc/store"
)

// 1 field never made, other constructor with named field
type hub struct {
	mu      sync.Mutex
	clients map[string]int
	name    string
}

func newHub(n string) *hub { h := &hub{name: n}; return h }

func (h *hub) add(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[id]++ // want `the write panics`
}

// 2 var in a function, in loop
func count(xs []string) map[string]int {
	var m map[string]int
	for _, x := range xs {
		m[x]++ // want `the write panics`
	}
	return m
}

// 3 package variable
var registry map[string]func()

func Register(n string, f func()) {
	registry[n] = f // want `the write panics`
}

// 4 nested
func nested(ks []string) {
	m := make(map[string]map[string]int)
	for _, k := range ks {
		m[k]["a"] = 1 // want `the write panics`
	}
}

// 5 named result
func named(xs []string) (seen map[string]bool, err error) {
	for _, x := range xs {
		seen[x] = true // want `the write panics`
	}
	return
}

// 6 generic
type set[T comparable] struct{ m map[T]struct{} }

func newSet[T comparable]() *set[T] { return &set[T]{} }

func (s *set[T]) Add(t T) {
	s.m[t] = struct{}{} // want `the write panics`
}

var _ = newSet[int]

// 7 embedded
type base struct{ attrs map[string]string }

type ext struct {
	base
	n int
}

func newExt() *ext { return &ext{n: 1} }

func (e *ext) Set(k, v string) {
	e.attrs[k] = v // want `the write panics`
}

// 8 made on one branch
func branch(big bool) {
	var m map[int]int
	if big {
		m = make(map[int]int, 100)
	}
	m[1] = 2 // want `the write panics`
}

// 9 closure
func closure() func(string) {
	var m map[string]int
	return func(s string) {
		m[s] = 1 // want `the write panics`
	}
}

// 10 helper in another package writes
func helper() {
	var m map[string]int
	store.PutAll(m, "a") // want `the write panics`
}

// 11 result of function beside error
func fromErr(id string) {
	m, err := store.TagsOf(id)
	if err != nil {
		println(err.Error())
	}
	m["a"] = 1 // want `the write panics`
}

// 12 array of maps
func arr() {
	var ms [4]map[string]int
	ms[1]["a"] = 1 // want `the write panics`
}

// 13 struct of maps in a map
type bucket struct{ items map[string]int }

func buckets(ks []string) {
	bs := map[string]*bucket{}
	for _, k := range ks {
		b, ok := bs[k]
		if !ok {
			b = &bucket{}
			bs[k] = b
		}
		b.items[k] = 1 // want `the write panics`
	}
}

// 14 user with Tags map literal
func tag(id string) *store.User {
	u := &store.User{Name: id}
	u.Tags["a"] = "b" // want `the write panics`
	return u
}

// 15 http.Header
func hdr() http.Header {
	var h http.Header
	h.Set("a", "b") // want `the write panics`
	return h
}

// 16 json: nil map after Unmarshal "null"? skip; request built with Header nil
func req() *http.Request {
	r := &http.Request{Method: "GET"}
	r.Header.Set("a", "b") // want `the write panics`
	return r
}

// 17 switch
func kinds(k int) {
	var m map[string]int
	switch k {
	case 1:
		m = map[string]int{}
	case 2:
		m = map[string]int{"a": 1}
	}
	m["x"] = 1 // want `the write panics`
}

// 18 reset to nil
type memo struct{ m map[string]int }

func reset() {
	m := map[string]int{}
	m["a"] = 1
	m = nil
	m["b"] = 2 // want `the write panics`
}

// 19 method value through go
func spawn() {
	var res map[int]string
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			res[i] = "x" // want `the write panics`
		}()
	}
	wg.Wait()
}

// 20 helper same package
func put(m map[string]any, k string, v any) { m[k] = v }

func viaHelper() []byte {
	var m map[string]any
	put(m, "a", 1) // want `the write panics`
	b, _ := json.Marshal(m)
	return b
}

// 21 nil const
func lit() {
	s := struct{ m map[string]int }{}
	s.m["a"] = 1 // want `the write panics`
}

// 22 slice of structs
func list() {
	bs := make([]bucket, 3)
	for i := range bs {
		bs[i].items["a"] = i // want `the write panics`
	}
}

// 23 constructor that makes only one of two
type two struct{ a, b map[string]int }

func newTwo() *two { return &two{a: map[string]int{}} }

func (t *two) put(k string) {
	t.a[k] = 1
	t.b[k] = 2 // want `the write panics`
}

// 24 function that returns nil always early
func make2(ok bool) map[string]int {
	if !ok {
		return nil
	}
	return map[string]int{}
}

func use2(ok bool) {
	m := make2(ok)
	m["a"] = 1 // want `the write panics`
}

// 25 named map type with method
type labels map[string]string

func (l labels) set(k, v string) { l[k] = v }

func lab() labels {
	var l labels
	l.set("a", "b") // want `the write panics`
	return l
}

// 26 global struct
var state struct {
	sync.Mutex
	hits map[string]int
}

func hit(p string) {
	state.Lock()
	defer state.Unlock()
	state.hits[p]++ // want `the write panics`
}
