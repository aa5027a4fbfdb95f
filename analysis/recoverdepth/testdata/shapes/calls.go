package main

// The deferred function is declared.

func wrapArgument(int) { catch() }

func argument() {
	defer wrapArgument(1)
	panic("x")
}

func wrapPanic(n int) {
	catch()
	if n == 0 {
		panic("n")
	}
}

func argumentCapital() {
	defer wrapPanic(1)
	panic("x")
}

func wrapResult() int { catch(); return 1 }

func result() {
	defer wrapResult()
	panic("x")
}

func wrapTested(name string) {
	if v := catchResult(); v != nil {
		sink = name
	}
}

func tested() {
	defer wrapTested("name")
	panic("x")
}

func wrapTestedBig(name string) {
	if v := catchResult(); v != nil {
		big(name)
	}
}

func testedBig() {
	defer wrapTestedBig("name")
	panic("x")
}

//go:noinline
func wrapNoInline(int) { catch() }

func noInline() {
	defer wrapNoInline(1)
	panic("x")
}

func wrapGeneric[T any](T) { catch() }

func generic() {
	defer wrapGeneric("s")
	panic("x")
}

func wrapGenericPlain[T any]() { catch() }

func genericPlain() {
	defer wrapGenericPlain[int]()
	panic("x")
}

func wrapGenericTwice[T any](v T) { catchAny(v) }

func genericTwice() {
	defer wrapGenericTwice(1)
	panic("x")
}

func genericLiteralOf[T any](v T) {
	defer func(T) { catch() }(v)
	panic("x")
}

func genericLiteral() {
	genericLiteralOf(1)
}

func genericLiteralOtherOf[T any](T) {
	defer func(int) { catch() }(1)
	panic("x")
}

func genericLiteralOther() {
	genericLiteralOtherOf(1)
}

type guardGM[T any] struct{ v T }

func (*guardGM[T]) stop() { catch() }

func genericMethod() {
	g := &guardGM[int]{}
	defer g.stop()
	panic("x")
}

func wrapVariadic(...any) { catch() }

func variadic() {
	defer wrapVariadic(1, "s")
	panic("x")
}

func wrapVariadicNone(...any) { catch() }

func variadicNone() {
	defer wrapVariadicNone()
	panic("x")
}

func wrapDefers(int) { defer big(1); catch() }

func defers() {
	defer wrapDefers(1)
	panic("x")
}

func wrapLoop(n int) {
	for i := 0; i < n; i++ {
		catch()
	}
}

func loop() {
	defer wrapLoop(1)
	panic("x")
}

func wrapForever(int) {
	for {
		catch()
		break
	}
}

func loopForever() {
	defer wrapForever(1)
	panic("x")
}

func wrapRange(v []int) {
	for range v {
		catch()
	}
}

func loopRange() {
	defer wrapRange([]int{1})
	panic("x")
}

func wrapSelect(int) {
	select {
	default:
		catch()
	}
}

func selected() {
	defer wrapSelect(1)
	panic("x")
}

func wrapSwitch(n int) {
	switch n {
	case 1:
		catch()
	}
}

func switched() {
	defer wrapSwitch(1)
	panic("x")
}

func wrapTypeSwitch(v any) {
	switch v.(type) {
	case int:
		catch()
	}
}

func switchedType() {
	defer wrapTypeSwitch(1)
	panic("x")
}

func wrapGo(int) { go func() {}(); catch() }

func spawns() {
	defer wrapGo(1)
	panic("x")
}

func wrapTwo(int) { catch(); big(1) }

func twoCalls() {
	defer wrapTwo(1)
	panic("x")
}

func wrapOuter(n int) { wrapInner(n) }

func wrapInner(int) { catch() }

func middle() {
	defer wrapOuter(1)
	panic("x")
}

func wrapOuterPlain(int) { wrapInnerPlain() }

func wrapInnerPlain() { catch() }

func middlePlain() {
	defer wrapOuterPlain(1)
	panic("x")
}

func wrapOuterNo(n int) { wrapInnerNo(n) }

//go:noinline
func wrapInnerNo(int) { catch() }

func middleNoInline() {
	defer wrapOuterNo(1)
	panic("x")
}

func wrapLiteral(int) { func() { catch() }() }

func middleLiteral() {
	defer wrapLiteral(1)
	panic("x")
}

func wrapVariable(int) { f := catch; f() }

func innerVariable() {
	defer wrapVariable(1)
	panic("x")
}

var hook = catch

func wrapGlobal(int) { hook() }

func innerGlobal() {
	defer wrapGlobal(1)
	panic("x")
}

var global = func(int) { catch() }

func globalLiteral() {
	defer global(1)
	panic("x")
}

var globalNamed = wrapGlobalNamed

func wrapGlobalNamed(int) { catch() }

func globalFunction() {
	defer globalNamed(1)
	panic("x")
}

func wrapRecursive(n int) {
	if n > 1 {
		wrapRecursive(n - 1)
	}
	catch()
}

func recursive() {
	defer wrapRecursive(1)
	panic("x")
}

func wrapInLoop(int) { catch() }

func inLoop() {
	for i := 0; i < 2; i++ {
		defer wrapInLoop(i)
	}
	panic("x")
}

func wrapInIf(int) { catch() }

func inIf() {
	if len(shapes) > 0 {
		defer wrapInIf(1)
	}
	panic("x")
}

func callIt(f func()) { f() }

func given() {
	defer callIt(catch)
	panic("x")
}

//go:noinline
func callItNo(f func()) { f() }

func givenNoInline() {
	defer callItNo(catch)
	panic("x")
}

func wrapVariableNamed(int) { catch() }

func variableNamed() {
	f := wrapVariableNamed
	defer f(1)
	panic("x")
}

func wrapError() (err error) { catch(); return }

func errorResult() {
	defer wrapError()
	panic("x")
}

func wrapErrorSet(err *error) {
	if v := catchResult(); v != nil {
		*err = nil
	}
}

func errorSet() {
	var err error
	defer wrapErrorSet(&err)
	sink = err
	panic("x")
}
