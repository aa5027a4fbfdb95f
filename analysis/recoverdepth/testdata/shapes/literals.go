package main

// The deferred function is a literal, or calls one.

func literal() {
	defer func() { catch() }()
	panic("x")
}

func literalNested() {
	defer func() { func() { sink = recover() }() }()
	panic("x")
}

func literalVariable() {
	f := func() { catch() }
	defer f()
	panic("x")
}

func wrapPlain() { catch() }

func plain() {
	defer wrapPlain()
	panic("x")
}

func wrapTwice() { twice() }

func twice() { catch() }

func plainTwice() {
	defer wrapTwice()
	panic("x")
}

func deferInDefer() {
	defer func() { defer func() { sink = recover() }() }()
	panic("x")
}

func deferInDeferNamed() {
	defer func() { defer catch() }()
	panic("x")
}

func deferInDeferArgument() {
	defer func(int) { defer catch() }(1)
	panic("x")
}

func literalArgument() {
	defer func(int) { catch() }(1)
	panic("x")
}

func literalNestedArgument() {
	defer func(int) { func() { sink = recover() }() }(1)
	panic("x")
}

func literalResult() {
	defer func() int { catch(); return 1 }()
	panic("x")
}

func literalTest() {
	defer func(int) {
		if v := catchResult(); v != nil {
			sink = v
		}
	}(1)
	panic("x")
}

func literalVariableArgument() {
	f := func(int) { catch() }
	defer f(1)
	panic("x")
}

func literalTwoLiterals() {
	defer func(int) { func() { func() { catch() }() }() }(1)
	panic("x")
}

func literalCaptures() {
	n := len(shapes)
	defer func(int) { sink = n; catch() }(1)
	panic("x")
}

func literalCapturesWritten() {
	n := 1
	defer func(int) { n++; catch() }(1)
	panic("x")
}

func literalCapturesConstant() {
	const n = 1
	defer func(int) { sink = n; catch() }(1)
	panic("x")
}

func literalBig() {
	defer func(int) { catch(); big(1) }(1)
	panic("x")
}

func literalHuge() {
	defer func(int) { catch(); big(1); big(2); big(3); big(4) }(1)
	panic("x")
}

func literalTooHuge() {
	defer func(int) {
		catch()
		big(0)
		big(1)
		big(2)
		big(3)
		big(4)
		big(5)
		big(6)
		big(7)
		big(8)
		big(9)
		big(10)
		big(11)
		big(12)
		big(13)
		big(14)
	}(1)
	panic("x")
}

func literalVariableTwice() {
	f := func(int) { catch(); big(1) }
	defer f(1)
	defer f(2)
	panic("x")
}

func literalVariableTwiceBigger() {
	f := func(int) { catch(); big(1); big(2) }
	defer f(1)
	defer f(2)
	panic("x")
}

func literalDefers() {
	defer func(int) { defer big(1); catch() }(1)
	panic("x")
}
