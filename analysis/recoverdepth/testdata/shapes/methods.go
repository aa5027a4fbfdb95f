package main

// The deferred function is a method.

type guardM struct{ n int }

func (guardM) wrap() { catch() }

func method() {
	var g guardM
	defer g.wrap()
	panic("x")
}

type guardMP struct{ n int }

func (*guardMP) wrap() { catch() }

func methodPointer() {
	g := &guardMP{}
	defer g.wrap()
	panic("x")
}

type guardMA struct{ n int }

func (*guardMA) wrap(int) { catch() }

func methodArgument() {
	g := &guardMA{}
	defer g.wrap(1)
	panic("x")
}

type guardMS struct{ n int }

func (g *guardMS) wrap() { g.stop() }

func (*guardMS) stop() { sink = recover() }

func methodSelf() {
	g := &guardMS{}
	defer g.wrap()
	panic("x")
}

type guardMV struct{ n int }

func (*guardMV) wrap() { catch() }

func methodValue() {
	g := &guardMV{}
	f := g.wrap
	defer f()
	panic("x")
}

type guardMVA struct{ n int }

func (*guardMVA) wrap(int) { catch() }

func methodValueArgument() {
	g := &guardMVA{}
	f := g.wrap
	defer f(1)
	panic("x")
}

type guardMVI struct{ n int }

func (*guardMVI) stop() { sink = recover() }

func methodValueInside() {
	g := &guardMVI{}
	defer func() {
		f := g.stop
		f()
	}()
	panic("x")
}

type guardMVB struct{ n int }

func (*guardMVB) wrap() { catch(); big(1) }

func methodValueBig() {
	g := &guardMVB{}
	f := g.wrap
	defer f()
	panic("x")
}

type guardME struct{ n int }

func (*guardME) wrap() { catch() }

func methodExpression() {
	g := &guardME{}
	defer (*guardME).wrap(g)
	panic("x")
}

type guardMEV struct{ n int }

func (guardMEV) wrap() { catch() }

func methodExpressionVariable() {
	f := guardMEV.wrap
	defer f(guardMEV{})
	panic("x")
}

type guardP struct{ n int }

type outerP struct{ *guardP }

func (*guardP) wrap() { catch() }

func promoted() {
	o := outerP{&guardP{}}
	defer o.wrap()
	panic("x")
}

type guardPV struct{ n int }

type outerPV struct{ guardPV }

func (guardPV) wrap() { catch() }

func promotedValue() {
	o := outerPV{}
	f := o.wrap
	defer f()
	panic("x")
}

type wrapperIK interface{ wrap() }

type guardIK struct{ n int }

func (*guardIK) wrap() { catch() }

func interfaceKnown() {
	var w wrapperIK = &guardIK{}
	defer w.wrap()
	panic("x")
}

type wrapperIP interface{ wrap() }

type guardIP struct{ n int }

type outerIP struct{ *guardIP }

func (*guardIP) wrap() { catch() }

func interfacePromoted() {
	var w wrapperIP = outerIP{&guardIP{}}
	defer w.wrap()
	panic("x")
}

type wrapperIV interface{ wrap() }

type guardIV struct{ n int }

func (guardIV) wrap() { catch() }

func interfaceValue() {
	var w wrapperIV = guardIV{}
	defer w.wrap()
	panic("x")
}

type stopperII interface{ stop() }

type guardII struct{ n int }

func (*guardII) stop() { sink = recover() }

func interfaceInside() {
	var s stopperII = &guardII{}
	defer func() { s.stop() }()
	panic("x")
}
