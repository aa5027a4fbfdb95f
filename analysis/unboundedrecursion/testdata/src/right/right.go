package right

import (
	"encoding/json"
	"fmt"
	"strings"
)

type A struct{ n int }

func (a A) String() string { return fmt.Sprintf("A(%d)", a.n) }

type B struct{ n int }

func (b *B) String() string { return fmt.Sprint("B: ", *b) }

type E struct{ err error }

func (e E) Error() string { return fmt.Sprintf("e: %v", e.err) }

type J struct{ N int }

func (j J) MarshalJSON() ([]byte, error) {
	type plain J
	return json.Marshal(plain(j))
}

func (j *J) UnmarshalJSON(b []byte) error {
	type plain J
	return json.Unmarshal(b, (*plain)(j))
}

type J2 struct{ N int }

func (j J2) MarshalJSON() ([]byte, error) {
	type plain J2
	return json.Marshal(struct {
		Kind string
		plain
	}{"x", plain(j)})
}

func (j *J2) UnmarshalJSON(b []byte) error {
	type plain J2
	aux := struct{ *plain }{(*plain)(j)}
	return json.Unmarshal(b, &aux)
}

type St int

func (s St) String() string { return fmt.Sprintf("St(%d)", s) }

type St2 int

func (s St2) String() string { return fmt.Sprintf("St(%v)", int(s)) }

type St3 string

func (s St3) String() string { return fmt.Sprintf("%q", string(s)) }

type Names []string

func (n Names) String() string { return fmt.Sprintf("%v", []string(n)) }

type Tree struct{ l, r *Tree }

func (t *Tree) Depth() int {
	if t == nil {
		return 0
	}
	return 1 + max(t.l.Depth(), t.r.Depth())
}

func (t *Tree) String() string {
	if t == nil {
		return "()"
	}
	return fmt.Sprintf("(%v %v)", t.l, t.r)
}

type wrapped struct {
	in interface{ Get(string) string }
}

func (w *wrapped) Get(k string) string { return w.in.Get(k) }

type G[T any] struct{ v T }

func (g G[T]) String() string { return fmt.Sprintf("G[%v]", g.v) }

type Fmt struct{ n int }

func (f Fmt) Format(s fmt.State, v rune) { fmt.Fprintf(s, "%d", f.n) }

type ptr struct{ n int }

func (p *ptr) Error() string { return fmt.Sprintf("%p %T", p, p) }

type GoS struct{ n int }

func (g GoS) String() string { return fmt.Sprintf("%#v", g) }

type emb struct {
	error
	op string
}

func (e emb) Error() string { return e.op + e.error.Error() }

func walk(n int) {
	if n == 0 {
		return
	}
	walk(n - 1)
}

func parse(s string) int {
	if i := strings.IndexByte(s, ','); i >= 0 {
		return parse(s[i+1:]) + 1
	}
	return 0
}

func loop(ch chan int) {
	for v := range ch {
		if v == 0 {
			loop(ch)
		}
	}
}

func even(n int) bool {
	if n == 0 {
		return true
	}
	return odd(n - 1)
}

func odd(n int) bool {
	if n == 0 {
		return false
	}
	return even(n - 1)
}

type Emb struct{ N int }

func (e Emb) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Inner any
		Name  string
	}{e.N, "x"})
}

type Over struct{ N int }

func (e *Over) UnmarshalJSON(b []byte) error {
	aux := struct {
		*overAlias
		N string
	}{overAlias: (*overAlias)(e)}
	return json.Unmarshal(b, &aux)
}

type overAlias Over

type Str struct{ N int }

func (s Str) String() string { return fmt.Sprintf("[%[1]T]", s) }
