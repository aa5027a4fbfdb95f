package right

import (
	"encoding/json"
	"maps"
	"net/http"
	"sync"

	"example.com/svc/store"
)

type hub struct {
	mu      sync.Mutex
	once    sync.Once
	clients map[string]int
}

func (h *hub) add(id string) {
	h.once.Do(h.init)
	h.clients[id]++
}
func (h *hub) init() { h.clients = make(map[string]int) }

func lazy(xs []string) map[string]int {
	var m map[string]int
	for _, x := range xs {
		if m == nil {
			m = map[string]int{}
		}
		m[x]++
	}
	return m
}

var registry map[string]func()

func init() { registry = map[string]func(){} }

func Register(n string, f func()) { registry[n] = f }

func nested(ks []string) {
	m := make(map[string]map[string]int)
	for _, k := range ks {
		if _, ok := m[k]; !ok {
			m[k] = map[string]int{}
		}
		m[k]["a"] = 1
	}
}

func nested2(ks []string) {
	m := make(map[string]map[string]int)
	for _, k := range ks {
		in := m[k]
		if in == nil {
			in = map[string]int{}
			m[k] = in
		}
		in["a"] = 1
	}
}

func dec(b []byte) (map[string]int, error) {
	var m map[string]int
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	m["a"] = 1
	return m, nil
}

type set[T comparable] struct{ m map[T]struct{} }

func newSet[T comparable]() *set[T] { return &set[T]{m: make(map[T]struct{})} }

func (s *set[T]) Add(t T) { s.m[t] = struct{}{} }

func branch(big bool) {
	var m map[int]int
	if big {
		m = make(map[int]int, 100)
	} else {
		m = make(map[int]int)
	}
	m[1] = 2
}

func flag(w bool) {
	var m map[int]int
	if w {
		m = make(map[int]int)
	}
	for i := range 3 {
		if w {
			m[i] = i
		}
	}
}

func del(m map[string]int) {
	var n map[string]int
	delete(n, "a")
	for range n {
	}
	_ = n["a"]
	clear(n)
}

func clone(u *store.User) map[string]string {
	c := maps.Clone(u.Tags)
	if c == nil {
		c = map[string]string{}
	}
	c["a"] = "b"
	return c
}

func hdr(r *http.Request) {
	h := r.Header.Clone()
	h.Set("a", "b")
	q := r.URL.Query()
	q.Set("x", "y")
}

type opts struct{ m map[string]string }
type Option func(*opts)

func With(m map[string]string) Option { return func(o *opts) { o.m = m } }

func build(os ...Option) {
	o := &opts{}
	for _, f := range os {
		f(o)
	}
	o.m["a"] = "b"
}

type Config struct {
	Labels map[string]string `json:"labels"`
}

func (c *Config) UnmarshalJSON(b []byte) error {
	type plain Config
	if err := json.Unmarshal(b, (*plain)(c)); err != nil {
		return err
	}
	c.Labels["a"] = "b"
	return nil
}

func tags(id string) map[string]int {
	m, err := store.TagsOf(id)
	if err != nil {
		m = map[string]int{}
	}
	m["a"] = 1
	return m
}

func fill(m *map[string]int) { *m = map[string]int{} }

func viaPtr() {
	var m map[string]int
	fill(&m)
	m["a"] = 1
}

func assigned() {
	var m map[string]int
	f := func() { m = map[string]int{} }
	f()
	m["a"] = 1
}

func arr() {
	var ms [4]map[string]int
	for i := range ms {
		ms[i] = map[string]int{}
	}
	ms[1]["a"] = 1
}

var global = sync.OnceValue(func() map[string]int { return map[string]int{} })

func og() { global()["a"] = 1 }

func loopMake(xs []string) {
	var m map[string]int
	for i, x := range xs {
		if i == 0 {
			m = map[string]int{}
		}
		m[x] = i
	}
}

type emb struct{ *inner }
type inner struct{ m map[string]int }

func newEmb() *emb          { return &emb{&inner{map[string]int{}}} }
func (e *emb) put(k string) { e.m[k] = 1 }
func (i *inner) reset()     { i.m = nil }
func (i *inner) grow(k string) {
	if i.m == nil {
		i.m = map[string]int{}
	}
	i.m[k] = 1
}
