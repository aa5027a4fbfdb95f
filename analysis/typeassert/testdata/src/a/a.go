package a

import (
	"container/heap"
	"container/list"
	"context"
	"encoding/json"
	"errors"
	"plugin"
	"sync"
	"sync/atomic"

	"b"
)

type user struct{ name string }

func fromContext(ctx context.Context) string {
	return ctx.Value("user").(*user).name // want `type-assert: the context may hold nothing under this key`
}

type lost struct{}

func ownKeyNobodyStores(ctx context.Context) *user {
	return ctx.Value(lost{}).(*user) // want `the context may hold nothing under this key`
}

type other struct{}

func storesAnother(ctx context.Context) context.Context { return context.WithValue(ctx, other{}, 7) }

func ownKeyOfAnotherType(ctx context.Context) *user {
	return ctx.Value(other{}).(*user) // want `the context may hold nothing under this key`
}

func decodedMap(data []byte) (string, error) {
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		return "", err
	}
	return m["name"].(string), nil // want `the entry is decoded from data, and may be missing`
}

func decodedAny(data []byte) map[string]any {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil
	}
	return v.(map[string]any) // want `the value is decoded from data`
}

func nested(data []byte) string {
	var m map[string]any
	_ = json.Unmarshal(data, &m)
	inner, ok := m["a"].(map[string]any)
	if !ok {
		return ""
	}
	return inner["b"].(string) // want `the entry is decoded from data`
}

func decodedList(data []byte) (names []string) {
	var list []any
	_ = json.Unmarshal(data, &list)
	for _, v := range list {
		names = append(names, v.(string)) // want `the element is decoded from data`
	}
	return names
}

type message struct{ Args any }

func decodedField(data []byte) map[string]any {
	var m message
	_ = json.Unmarshal(data, &m)
	return m.Args.(map[string]any) // want `the field is decoded from data`
}

// EntryOf is given what others have decoded.
func EntryOf(config map[string]any) int {
	return config["port"].(int) // want `the entry is decoded from data, and may be missing`
}

var mixed sync.Map

func fillMixed() {
	mixed.Store("a", 1)
	mixed.Store("b", "x")
}

func readMixed(k string) int {
	v, ok := mixed.Load(k)
	if !ok {
		return 0
	}
	return v.(int) // want `the sync.Map is given values of other types too`
}

var users sync.Map

func addUser(u *user) { users.Store(u.name, u) }

func missing(k string) *user {
	v, _ := users.Load(k)
	return v.(*user) // want `the sync.Map may have no such entry`
}

func symbol(p *plugin.Plugin) func() {
	s, err := p.Lookup("Run")
	if err != nil {
		return nil
	}
	return s.(func()) // want `the plugin decides what the symbol is`
}

func received(ch chan any) string {
	return (<-ch).(string) // want `whoever sends on the channel decides what it is`
}

var emptyPool sync.Pool

func fromPool() *user {
	return emptyPool.Get().(*user) // want `the sync.Pool has no New`
}

// nil is what an empty pool returns, and all that it can return besides.
func fromPoolOrNew() *user {
	if u := emptyPool.Get(); u != nil {
		return u.(*user)
	}
	return &user{}
}

// Handle is called by others with anything.
func Handle(v any) string {
	return v.(string) // want `callers of Handle decide what v is`
}

// Look-alikes.

// ok is asked.
func withOk(ctx context.Context) string {
	u, ok := ctx.Value("user").(*user)
	if !ok {
		return ""
	}
	return u.name
}

// A switch has asked.
func switched(v any) string {
	switch v.(type) {
	case string:
		return v.(string)
	}
	return ""
}

type ctxKey struct{}

func withUser(ctx context.Context, u *user) context.Context {
	return context.WithValue(ctx, ctxKey{}, u)
}

// The package stores the type under a key of its own.
func userOf(ctx context.Context) *user { return ctx.Value(ctxKey{}).(*user) }

// A context of another kind, with a method like context.WithValue.
type scoped struct{ context.Context }

func (s scoped) WithValue(key, value any) scoped {
	return scoped{context.WithValue(s.Context, key, value)}
}

type nameKey string

const matcherKey nameKey = "matcher"

func provision(s scoped, name string) scoped { return s.WithValue(matcherKey, name) }

func matcherName(s scoped) string { return s.Value(matcherKey).(string) }

// The key is of another package, which says what is there.
func nameOf(ctx context.Context) string { return ctx.Value(b.User).(string) }

// All that is stored is of the type.
func known(k string) *user {
	v, ok := users.Load(k)
	if !ok {
		return nil
	}
	return v.(*user)
}

// What is stored when nothing is there has the type too.
func loadOrStore(k string) *user {
	v, _ := users.LoadOrStore(k, &user{})
	return v.(*user)
}

func ranged() (names []string) {
	users.Range(func(k, v any) bool {
		names = append(names, v.(*user).name)
		return true
	})
	return names
}

var pool = sync.Pool{New: func() any { return new(user) }}

// The pool makes one.
func pooled() *user { return pool.Get().(*user) }

var current atomic.Value

func setCurrent(u *user) { current.Store(u) }

// One type is stored.
func getCurrent() *user { return current.Load().(*user) }

type queue []*user

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].name < q[j].name }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// heap gives it what the package pushes.
func (q *queue) Push(x any) { *q = append(*q, x.(*user)) }

func (q *queue) Pop() any {
	old := *q
	u := old[len(old)-1]
	*q = old[:len(old)-1]
	return u
}

func popped(q *queue) *user { return heap.Pop(q).(*user) }

// A list of one type.
func element(l *list.List) string {
	l.PushBack(&user{})
	return l.Front().Value.(*user).name
}

// The package sends only this.
func channel() string {
	ch := make(chan any, 1)
	ch <- "x"
	return (<-ch).(string)
}

// The map is filled here.
func local() string {
	m := map[string]any{"a": "b"}
	return m["a"].(string)
}

// errors.As has found it.
func asked2(err error) string {
	var e *notFound
	if errors.As(err, &e) {
		return e.name
	}
	return ""
}

type notFound struct{ name string }

func (n *notFound) Error() string { return n.name }

// Only this package calls it, with this.
func internal(v any) string { return v.(string) }

func callsInternal() string { return internal("x") }

// The options are made in this package.
func port(options map[string]any) int { return options["port"].(int) }

// Key is for other packages to store under.
type Key string

func exportedKey(ctx context.Context) string { return ctx.Value(Key("name")).(string) }

// Vars is the key under which the server keeps variables.
const Vars string = "vars"

// Others put it there, whom nobody sees from here.
func exportedConstant(ctx context.Context) map[string]any { return ctx.Value(Vars).(map[string]any) }
