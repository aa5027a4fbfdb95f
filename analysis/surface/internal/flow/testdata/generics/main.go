// Generics holds calls through type parameters and generic containers.
package main

import "github.com/backstop-go/backstop/analysis/surface/internal/flow/testdata/internal/seen"

type Runner interface{ Run() int }

type Fast struct{}

func (Fast) Run() int { seen.Call(); return 1 }

type Slow struct{}

func (*Slow) Run() int { seen.Call(); return 2 }

type Never struct{}

func (Never) Run() int { seen.Call(); return 3 }

func runAll[R Runner](rs ...R) {
	for _, r := range rs {
		r.Run()
	}
}

func zero[R Runner]() int {
	var r R
	return r.Run()
}

type ptr[T any] interface {
	*T
	Runner
}

func make1[T any, P ptr[T]]() int {
	return P(new(T)).Run()
}

func mapped[T, U any](in []T, f func(T) U) []U {
	var out []U
	for _, x := range in {
		out = append(out, f(x))
	}
	return out
}

type List[T any] struct {
	items []T
	each  func(T)
}

func (l *List[T]) Push(x T) { l.items = append(l.items, x) }

func (l *List[T]) Each(f func(T)) {
	for _, x := range l.items {
		f(x)
		if l.each != nil {
			l.each(x)
		}
	}
}

func (l *List[T]) First() T { return l.items[0] }

type Pool[T Runner] struct{ made []T }

func (p *Pool[T]) runAll() {
	for _, t := range p.made {
		t.Run()
	}
}

func double(n int) int { seen.Call(); return 2 * n }

func hook(r Runner) { seen.Call(); r.Run() }

func main() {
	runAll(Fast{})
	runAll[Runner](&Slow{}, Fast{})
	zero[Fast]()
	make1[Slow]()
	mapped([]int{1}, double)
	fs := mapped([]int{1}, func(n int) func() int { return func() int { seen.Call(); return n } })
	fs[0]()
	l := &List[Runner]{each: hook}
	l.Push(Fast{})
	l.Each(func(r Runner) { seen.Call(); r.Run() })
	l.First().Run()
	p := &Pool[*Slow]{}
	p.made = append(p.made, new(Slow))
	p.runAll()
	seen.Done()
}
