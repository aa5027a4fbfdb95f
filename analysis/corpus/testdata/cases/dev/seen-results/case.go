// Package packets has results that look unchecked and are not.
package packets

import (
	"container/list"
	"errors"
	"strings"
	"sync"
)

var errEmpty = errors.New("packets: empty")

// A Node is a value in somebody's memory.
type Node struct {
	addr uint64
	kids []Node
}

func (n *Node) field(i int) (*Node, error) {
	if n.addr == 0 || i >= len(n.kids) {
		return nil, errEmpty
	}
	return &n.kids[i], nil
}

// Header knows that there are three fields where there is an address.
func (n *Node) Header() (total uint64) {
	if n.addr == 0 {
		return 0
	}
	a, _ := n.field(0)
	total += a.addr // FINE err-deref #header: the package never asks, the shape of the value is known
	b, _ := n.field(1)
	total += b.addr // FINE err-deref: as above
	c, _ := n.field(2)
	return total + c.addr // FINE err-deref: as above
}

// A Sealer seals.
type Sealer struct{ key string }

type payload struct {
	size int
	text string
}

func sealer(ready bool) (*Sealer, error) {
	if !ready {
		return nil, errEmpty
	}
	return &Sealer{key: "k"}, nil
}

// Pack has a payload only when there is a sealer.
func Pack(ready bool, more string) string {
	var first payload
	s, err := sealer(ready)
	if err == nil {
		first = payload{size: 1, text: "a"}
	}
	if first.size > 0 {
		more += s.key + first.text // FINE err-deref #pack: the payload is empty without a sealer
	}
	return more
}

// Nested finds the user of the last part, if the whole is unknown.
func Nested(users map[string]*Node, path string) uint64 {
	u, ok := users[path]
	if !ok {
		parts := strings.Split(path, ".")
		if len(parts) < 2 {
			return 0
		}
		for _, p := range parts {
			if u, ok = users[p]; !ok {
				return 0
			}
		}
	}
	return u.addr // FINE err-deref #nested: the loop runs, and returns where a part is unknown
}

var pool = sync.Pool{New: func() any { return new(Node) }}

// Pooled takes a node out of the pool.
func Pooled() uint64 {
	n, _ := pool.Get().(*Node)
	return n.addr // FINE err-deref #pooled: nothing else is in the pool
}

// Listed sums what is in a list of its own.
func Listed(kids ...*Node) (total uint64) {
	l := list.New()
	for _, k := range kids {
		l.PushBack(k)
	}
	for e := l.Front(); e != nil; e = e.Next() {
		n, _ := e.Value.(*Node)
		total += n.addr // FINE err-deref #listed: nothing else is in the list
	}
	return total
}

// Lease asks twice for the same error.
func Lease(ready bool) string {
	s, err := sealer(ready)
	if err != nil && !errors.Is(err, errEmpty) {
		return ""
	}
	if errors.Is(err, errEmpty) {
		s = &Sealer{}
	}
	return s.key // FINE err-deref #lease: made where there is none
}

// Hooks are called by name.
type Hooks struct{ cancel map[string]func() }

// Stop calls them all.
func (h *Hooks) Stop() {
	for name := range h.cancel {
		h.cancel[name]() // FINE nil-func-go #stop: the name is a key of the same map
		delete(h.cancel, name)
	}
}

// Producer has a sender only when there is a leader.
type Producer struct {
	leader *Sealer
	send   func(string)
}

// Run sends.
func (p *Producer) Run(ready bool, lines ...string) {
	p.leader, _ = sealer(ready)
	if p.leader != nil {
		p.send = func(string) {}
	}
	for range lines {
		if p.send != nil {
			p.send(p.leader.key) // FINE err-deref #run: no sender without a leader
		}
	}
}
