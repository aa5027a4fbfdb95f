package a

import (
	"container/list"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"b"
)

// Code of services on which the rule was wrong once.

type variable struct {
	addr     uint64
	children []variable
}

func (v *variable) field(n int) (*variable, error) {
	if v.addr == 0 || n >= len(v.children) {
		return nil, http.ErrNoLocation
	}
	return &v.children[n], nil
}

// The package drops the error of its own function everywhere: who calls it knows that
// there is such a field.
func header(v *variable) (total uint64) {
	if v.addr == 0 {
		return 0
	}
	first, _ := v.field(0)
	total += first.addr
	second, _ := v.field(1)
	total += second.addr
	third, _ := v.field(2)
	return total + third.addr
}

// Once may be a slip.
func (v *variable) element(n int) (*variable, error) {
	if n >= len(v.children) {
		return nil, http.ErrNoLocation
	}
	return &v.children[n], nil
}

func once(v *variable, n int) uint64 {
	e, _ := v.element(n)
	return e.addr // want `used for addr`
}

var parsers = sync.Pool{New: func() any { return new(variable) }}

// What is in a pool, the program has put there.
func fromPool() uint64 {
	v, _ := parsers.Get().(*variable)
	return v.addr
}

// A bool that says when there is nothing is no ok.
func (v *variable) inside() (value *variable, isNil bool) {
	for n := range v.children {
		value, isNil = &v.children[n], v.children[n].addr == 0
	}
	return value, isNil
}

func unwrapped(v *variable) uint64 {
	if len(v.children) == 0 {
		return 0
	}
	value, _ := v.inside()
	return value.addr
}

// The loop runs, for there is more than one part.
func nested(users map[string]*b.User, path string) string {
	u, ok := users[path]
	if !ok {
		parts := strings.Split(path, ".")
		if len(parts) > 1 {
			for _, p := range parts {
				var ok bool
				if u, ok = users[p]; !ok {
					return ""
				}
			}
		} else {
			return ""
		}
	}
	return u.Name
}

type payload struct {
	size int
	data string
}

// The payload is empty unless there is a user.
func pack(id int, more payload) string {
	var first payload
	u, err := b.Find(id)
	if err == nil {
		first = payload{size: len(u.Name), data: u.Name}
	}
	if first.size == 0 && more.size == 0 {
		return ""
	}
	out := more.data
	if first.size > 0 {
		out += u.Name
	}
	return out
}

type buffered struct {
	buf  *b.User
	left int
	err  error
}

func (r *buffered) fill(id int) (*b.User, int, error) {
	u, err := b.Find(id)
	if err != nil {
		return nil, 0, err
	}
	return u, len(u.Name), nil
}

// The count tells as much as the error.
func (r *buffered) read(id int) string {
	var n int
	r.buf, n, r.err = r.fill(id)
	if n == 0 {
		return ""
	}
	return r.buf.Name
}

type keyed struct{ m map[string]*b.User }

func (k *keyed) get(key string) (*b.User, bool) {
	u, ok := k.m[key]
	return u, ok
}

func (k *keyed) all(yield func(string) bool) {
	for key := range k.m {
		if !yield(key) {
			return
		}
	}
}

func (k *keyed) each() func(func(string) bool) { return k.all }

// The keys come from the same map.
func (k *keyed) names() (list []string) {
	for key := range k.m {
		u, _ := k.m[key]
		list = append(list, u.Name)
	}
	for key := range k.each() {
		u, _ := k.get(key)
		list = append(list, u.Name)
	}
	return list
}

type producer struct {
	leader *b.User
	send   func(string)
}

// There is a sender only when there is a leader.
func (p *producer) run(lines []string) {
	p.leader, _ = b.Find(1)
	if p.leader != nil {
		p.send = func(string) {}
	}
	for range lines {
		if p.send != nil {
			p.send(p.leader.Name)
		}
	}
}

type balancer struct{ builder any }

// An unexported field holds what the package has put there.
func (b *balancer) parse() string {
	p, _ := b.builder.(*buffered)
	return p.read(1)
}

func walk(visit func(any) bool) { visit(new(variable)) }

// A walk over what the program keeps.
func sum() (total uint64) {
	walk(func(v any) bool {
		x, _ := v.(*variable)
		total += x.addr
		return true
	})
	return total
}

// The connection is one of TCP.
func port(c net.Conn) int {
	a, _ := c.LocalAddr().(*net.TCPAddr)
	return a.Port
}

type tester struct{ t testing.TB }

// Fatalf of an interface does not return either.
func (s *tester) want(v any) uint64 {
	x, ok := v.(*variable)
	if !ok {
		s.t.Fatalf("got a %T", v)
	}
	return x.addr
}

// What is in a list, the program has put there.
func listed(l *list.List) (total uint64) {
	for e := l.Front(); e != nil; e = e.Next() {
		v, _ := e.Value.(*variable)
		total += v.addr
	}
	return total
}

// Asked twice for the same error.
func lease(id int) string {
	u, err := b.Find(id)
	if err != nil && !errors.Is(err, b.ErrNone) {
		return ""
	}
	if errors.Is(err, b.ErrNone) {
		u = &b.User{Name: "none"}
	}
	return u.Name
}

type runners struct{ m map[string]*b.User }

func (r *runners) get(name string) (*b.User, bool) {
	u, ok := r.m[name]
	return u, ok
}

func (r *runners) running(name string) error {
	if r.m[name] == nil {
		return errors.New("not running")
	}
	return nil
}

// The same name was asked about before.
func (r *runners) scan(name string) (string, error) {
	err := r.running(name)
	u, _ := r.get(name)
	if err != nil {
		return "", err
	}
	return u.Name, nil
}

// Which of two bools tells, nobody knows.
func (r *runners) pop(name string) (u *b.User, ok, changed bool) {
	if u, ok = r.m[name]; !ok {
		return nil, false, false
	}
	return u, true, len(u.Name) > 1
}

func (r *runners) popped(name string) string {
	u, ok, changed := r.pop(name)
	if !ok {
		return ""
	}
	if changed {
		return "changed"
	}
	return u.Name
}
