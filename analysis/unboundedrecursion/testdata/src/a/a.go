package a

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
)

type node struct {
	name     string
	parent   *node
	children []*node
	seen     bool
}

func depthOf(n *node) int {
	if n == nil {
		return 0
	}
	return 1 + depthOf(n.parent)
}

func (n *node) print() {
	fmt.Println(n.name)
	for _, c := range n.children {
		c.print()
	}
}

// Methods that fmt and json call.

type T struct{ name string }

func (t T) String() string { return fmt.Sprintf("T: %v", t) } // want `unbounded-recursion: String gives its own receiver to fmt.Sprintf, which calls String again`

type P struct{ name string }

func (p *P) String() string {
	return fmt.Sprint("P", p) // want `String gives its own receiver to fmt.Sprint`
}

type Addr struct{ name string }

func (a Addr) String() string {
	return fmt.Sprintf("%s", &a) // want `String gives its own receiver`
}

type Deref struct{ name string }

// String is a method of the value, and so of *d.
func (d Deref) String() string {
	p := &d
	return fmt.Sprintf("%+v", *p) // want `String gives its own receiver`
}

type E struct{ code int }

func (e *E) Error() string { return fmt.Sprintf("code %d: %v", e.code, e) } // want `Error gives its own receiver to fmt.Sprintf`

type E2 struct{ code int }

func (e E2) Error() string {
	log.Println("failed:", e) // want `Error gives its own receiver to log.Println`
	return "e2"
}

type E3 struct{ code int }

func (e E3) Error() string { return fmt.Errorf("e3: %w", e).Error() } // want `Error gives its own receiver to fmt.Errorf`

type G struct{ n int }

func (g G) GoString() string { return fmt.Sprintf("%#v", g) } // want `GoString gives its own receiver`

type F struct{ n int }

func (f F) Format(s fmt.State, verb rune) { fmt.Fprintf(s, "%d", f) } // want `Format gives its own receiver`

type J struct{ Name string }

func (j J) MarshalJSON() ([]byte, error) {
	return json.Marshal(j) // want `MarshalJSON gives its own receiver to encoding/json.Marshal`
}

type JP struct{ Name string }

func (j *JP) MarshalJSON() ([]byte, error) {
	return json.Marshal(j) // want `MarshalJSON gives its own receiver`
}

type U struct{ Name string }

func (u *U) UnmarshalJSON(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, u) // want `UnmarshalJSON gives its own receiver`
}

type N int

func (n N) String() string { return fmt.Sprintf("%s", n) } // want `String gives its own receiver`

// Functions that call themselves.

func forever(n int) int {
	return forever(n-1) + 1 // want `forever calls itself on every path`
}

type S struct{ name string }

func (s *S) Name() string { return s.Name() } // want `Name calls itself on every path`

func bothWays(n int) int {
	if n > 0 {
		fmt.Println("positive")
	}
	return bothWays(n / 2) // want `bothWays calls itself on every path`
}

func ping(n int) int { return pong(n + 1) } // want `ping calls pong, which calls it again`

func pong(n int) int { return ping(n - 1) } // want `pong calls ping, which calls it again`

type wrapper struct{ inner interface{ Close() error } }

func (w wrapper) Close() error {
	fmt.Println("closing")
	return w.Close() // want `Close calls itself on every path`
}

func gen[X any](x X) X { return gen(x) } // want `gen calls itself on every path`

func factorial(n int) int {
	if n == 0 {
		return 1
	}
	return n * factorial(n) // want `factorial calls itself with the arguments it was given`
}

func literal() {
	var f func(int) int
	f = func(n int) int { return f(n + 1) } // want `calls itself on every path`
	f(1)
}

// Look-alikes.

type A struct{ name string }

// A field, not the receiver.
func (a A) String() string { return fmt.Sprintf("A: %v %s", a.name, a.name) }

type B struct{ name string }

// *b has no String: it is a method of the pointer.
func (b *B) String() string { return fmt.Sprintf("%v", *b) }

type C int

// Verbs that do not call String.
func (c C) String() string { return fmt.Sprintf("%d %T", c, c) }

type D int

// A value of another type.
func (d D) String() string { return fmt.Sprintf("D%v", int(d)) }

type JA struct{ Name string }

// The type plain has no methods.
func (j JA) MarshalJSON() ([]byte, error) {
	type plain JA
	return json.Marshal(plain(j))
}

type JU struct{ Name string }

// So has the type of the pointer.
func (j *JU) UnmarshalJSON(data []byte) error {
	type plain JU
	return json.Unmarshal(data, (*plain)(j))
}

type JS struct{ Name string }

// A struct that embeds nothing of it.
func (j JS) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name string `json:"name"`
	}{j.Name})
}

type W struct{ err error }

// The error inside has a method of its own.
func (w W) Error() string { return fmt.Sprintf("w: %v", w.err) }

type GS struct{ n int }

// %v in GoString calls String, which it has not.
func (g GS) GoString() string { return fmt.Sprintf("GS(%v)", g.n) }

type SV struct{ n int }

// %#v calls GoString, not String.
func (s SV) String() string { return fmt.Sprintf("%#v", s) }

// A base case.
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

// The base case is behind a call that changes something.
func (s *S) drain() {
	if s.next() {
		s.drain()
	}
}

func (s *S) next() bool { s.name = s.name[1:]; return s.name != "" }

// The arguments are the same, and what they point to is not.
func (n *node) up() *node {
	if n.parent == nil {
		return n
	}
	*n = *n.parent
	return n.up()
}

// A goroutine has a stack of its own.
func respawn(n int) {
	fmt.Println(n)
	go respawn(n + 1)
}

// The process ends first, or a panic does.
func usage(code int) {
	if code > 3 {
		os.Exit(code)
	}
	if code < 0 {
		panic("code")
	}
	usage(code + 1)
}

// Another method of the same name, of what is inside.
type outer struct{ S }

func (o outer) Name() string { return o.S.Name() }

// A depth bounds it.
func bounded(n *node, depth int) {
	if n == nil || depth > 100 {
		return
	}
	bounded(n.parent, depth+1)
}

// A set of what was visited bounds it.
func visit(n *node, seen map[*node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	for _, c := range n.children {
		visit(c, seen)
	}
}

// A mark in the data bounds it.
func (n *node) mark() {
	if n.seen {
		return
	}
	n.seen = true
	for _, c := range n.children {
		c.mark()
	}
}
