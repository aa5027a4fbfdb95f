package main

import "fmt"

func init() {
	register("defer-recover-directly", deferRecoverDirectly)
	register("recover-as-argument", recoverAsArgument)
	register("recover-in-helper", recoverInHelper)
	register("recover-by-accident", recoverByAccident)
	register("recover-in-helper-of-helper", recoverInHelperOfHelper)
	register("recover-method-value", recoverMethodValue)
	register("recover-not-deferred", recoverNotDeferred)
}

// Where recover stands decides: it stops a panic only when a deferred function
// calls it directly.

// deferRecoverDirectly defers recover itself. No deferred function calls it then:
// it is the deferred function.
func deferRecoverDirectly() {
	defer recover()
	panic("price feed lost")
}

// recoverAsArgument calls recover when the defer statement is executed, long
// before the panic, to have an argument.
func recoverAsArgument() {
	defer logPanic(recover())
	panic("price feed lost")
}

func logPanic(value any) {
	if value != nil {
		fmt.Println("recovered:", value)
	}
}

// recoverInHelper moves recover into a helper, one call below the deferred
// function.
func recoverInHelper() {
	defer func() {
		stopPanic()
	}()
	panic("price feed lost")
}

// stopPanic works as a deferred function, and only as that.
func stopPanic() {
	if value := recover(); value != nil {
		fmt.Println("recovered:", value)
	}
}

// recoverByAccident is recover-in-helper, but the deferred function has an
// argument. That should make no difference. The compiler wraps such a call into a
// function without arguments, and some releases, having inlined the call, take
// what it calls for deferred.
func recoverByAccident() {
	defer func(feed string) {
		stopPanic()
	}("prices")
	panic("price feed lost")
}

// recoverInHelperOfHelper has recover two calls below.
func recoverInHelperOfHelper() {
	defer func() {
		cleanUp()
	}()
	panic("price feed lost")
}

func cleanUp() { stopPanic() }

// A guard keeps what it has recovered.
type guard struct{ value any }

func (g *guard) stop() { g.value = recover() }

// recoverMethodValue defers a method that calls recover: right, because the
// method is the deferred function.
func recoverMethodValue() {
	var g guard
	defer g.stop()
	panic("price feed lost")
}

// recoverNotDeferred calls recover in plain code, where there is nothing to
// recover yet. It is no handler for what comes later.
func recoverNotDeferred() {
	if value := recover(); value != nil {
		fmt.Println("recovered:", value)
	}
	panic("price feed lost")
}
