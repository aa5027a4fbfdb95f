// Interfaces holds calls of interface methods whose receivers come from
// everywhere: maps, channels, results, assertions, conversions.
package main

import (
	"errors"

	"github.com/backstop-go/backstop/analysis/surface/internal/flow/testdata/internal/seen"
)

type Shape interface{ Area() int }

type Named interface {
	Shape
	Name() string
}

type Square struct{ n int }

func (s Square) Area() int    { seen.Call(); return s.n * s.n }
func (s Square) Name() string { seen.Call(); return "square" }

type Circle struct{ n int }

func (c *Circle) Area() int { seen.Call(); return 3 * c.n * c.n }

// Never is made nowhere.
type Never struct{}

func (Never) Area() int { seen.Call(); return 0 }

type oops struct{}

func (oops) Error() string { seen.Call(); return "oops" }

var shapes = map[string]Shape{"circle": &Circle{1}}

func pick(any bool) Shape {
	if any {
		return Square{2}
	}
	return shapes["circle"]
}

func sum(all ...Shape) (n int) {
	for _, s := range all {
		n += s.Area()
	}
	return n
}

func fail(yes bool) error {
	if yes {
		return oops{}
	}
	return errors.New("plain")
}

func name(v any) string {
	if n, ok := v.(Named); ok {
		return n.Name()
	}
	switch v := v.(type) {
	case Shape:
		v.Area()
	case error:
		return v.Error()
	}
	return ""
}

func main() {
	pick(true).Area()
	sum(pick(false), Square{1})
	ch := make(chan Shape, 1)
	ch <- &Circle{2}
	s := <-ch
	s.Area()
	name(pick(true))
	name(pick(false))
	name(fail(true))
	var e error = fail(true)
	e.Error()
	arr := [2]Shape{0: Square{3}}
	p := &arr
	p[0].Area()
	pp := &s
	(*pp).Area()
	seen.Done()
}
