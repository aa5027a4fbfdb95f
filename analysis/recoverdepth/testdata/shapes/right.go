package main

// Guards that are right, on every release.

func rightLiteral() {
	defer func() { sink = recover() }()
	panic("x")
}

func rightNamed() {
	defer catch()
	panic("x")
}

func rightArgument() {
	var err error
	defer catchTo(&err)
	panic("x")
}

func rightResult() {
	defer catchResult()
	panic("x")
}

func rightGeneric() {
	defer catchAny(1)
	panic("x")
}

func rightBuiltinInDefer() {
	defer func() { defer recover() }()
	panic("x")
}

func rightBuiltinInDeferArgument() {
	defer func(int) { defer recover() }(1)
	panic("x")
}

func rightEagerInDefer() {
	defer func() { defer big(recover()) }()
	panic("x")
}

func rightVariable() {
	f := func() { sink = recover() }
	defer f()
	panic("x")
}

type guardRM struct{ n int }

func (guardRM) stop() { sink = recover() }

func rightMethod() {
	var g guardRM
	defer g.stop()
	panic("x")
}

type guardRV struct{ n int }

func (*guardRV) stop() { sink = recover() }

func rightMethodValue() {
	g := &guardRV{}
	f := g.stop
	defer f()
	panic("x")
}

type guardRP struct{ n int }

type outerRP struct{ *guardRP }

func (*guardRP) stop() { sink = recover() }

func rightPromoted() {
	o := outerRP{&guardRP{}}
	defer o.stop()
	panic("x")
}

type guardRI struct{ n int }

type stopperRI interface{ stop() }

func (*guardRI) stop() { sink = recover() }

func rightInterface() {
	var s stopperRI = &guardRI{}
	defer s.stop()
	panic("x")
}

func rightBoth() {
	defer func(int) { sink = recover(); catch() }(1)
	panic("x")
}
