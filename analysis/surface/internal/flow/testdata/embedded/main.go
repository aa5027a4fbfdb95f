// Embedded holds promoted methods, of structs, pointers and interfaces, and
// method values and expressions.
package main

import "github.com/backstop-go/backstop/analysis/surface/internal/flow/testdata/internal/seen"

type Doer interface{ Do() int }

type Base struct{}

func (Base) Do() int                  { seen.Call(); return 1 }
func (*Base) DoMore() int             { seen.Call(); return 2 }
func (b Base) Apply(f func() int) int { return f() }

type Mid struct{ *Base }

type Outer struct {
	Mid
	extra int
}

type Wrap struct{ Doer }

type Own struct{ Base }

func (o Own) Do() int { seen.Call(); return o.Base.Do() }

type Func func() int

func (f Func) Do() int { return f() }

type Never struct{ Base }

func (Never) Do() int { seen.Call(); return 0 }

func do(d Doer) int { return d.Do() }

func fn() int { seen.Call(); return 7 }

func main() {
	do(Outer{Mid: Mid{&Base{}}})
	do(Wrap{Own{}})
	do(&Wrap{Doer: Func(fn)})
	f := Outer{Mid: Mid{&Base{}}}.DoMore
	f()
	g := Doer.Do
	g(Own{})
	h := (*Base).DoMore
	h(&Base{})
	var d Doer = Own{}
	k := d.Do
	k()
	Base{}.Apply(k)
	s := struct{ Doer }{Own{}}
	do(s)
	do(struct{ Own }{})
	seen.Done()
}
