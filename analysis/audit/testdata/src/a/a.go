package a

import (
	"errors"
	"fmt"
	"log"
)

var done int

func work() { done++ }

func literal() {
	defer func() {
		if r := recover(); r != nil { // audit works: logged
			log.Println(r)
		}
	}()
	work()
}

func dropped() {
	defer func() { _ = recover() }() // audit works: dropped
	work()
}

func onlyTested() {
	defer func() {
		if recover() != nil { // audit works: logged
			log.Println("it panicked")
		}
	}()
	work()
}

func again() {
	defer func() {
		if r := recover(); r != nil { // audit works: logged, repanicked
			log.Printf("panic: %v", r)
			panic(r)
		}
	}()
	work()
}

func asError() (err error) {
	defer func() {
		if r := recover(); r != nil { // audit works: error
			err = fmt.Errorf("work: %v", r)
		}
	}()
	work()
	return nil
}

func toError(err *error) {
	if r := recover(); r != nil { // audit works: error
		*err = errors.New(fmt.Sprint(r))
	}
}

func usesToError() (err error) {
	defer toError(&err)
	work()
	return nil
}

type guard struct{ value any }

func (g *guard) stop() { g.value = recover() } // audit works: kept

func usesGuard() {
	var g guard
	stop := g.stop
	defer stop()
	work()
}

func handle(r any) {
	if r == nil {
		return
	}
	work()
}

func passes(sink func(any)) {
	defer func() { sink(recover()) }() // audit works: passed
	work()
}

func sends(values chan any) {
	defer func() { values <- recover() }() // audit works: kept
	work()
}

func builtinWithin() {
	defer func() { defer recover() }() // audit works: dropped
	work()
}

func builtin() {
	defer recover() // audit never: dropped
	work()
}

func plain() {
	if r := recover(); r != nil { // audit never: logged
		log.Println(r)
	}
	work()
}

func spawns() {
	go recover() // audit never: dropped
	go func() {
		_ = recover() // audit never: dropped
		work()
	}()
}

func iterates(seq func(func(int) bool)) {
	defer func() {
		for range seq {
			_ = recover() // audit never: dropped
		}
	}()
	work()
}

func tooDeep() {
	if r := recover(); r != nil { // audit never: logged
		log.Println(r)
	}
}

func usesTooDeep() {
	defer func() { tooDeep() }()
	work()
}

func byAccident() {
	if r := recover(); r != nil { // audit by_accident: logged
		log.Println(r)
	}
}

func usesByAccident() {
	defer func(name string) { byAccident() }("prices")
	work()
}

// Exported is for others to defer.
func Exported() any {
	return recover() // audit depends: kept
}

func returned() func() {
	return func() {
		_ = recover() // audit depends: dropped
	}
}

func passedOn(unknown func(func())) {
	unknown(func() {
		_ = recover() // audit depends: dropped
	})
}

var variable = func() {
	_ = recover() // audit works: dropped
}

func usesVariable() {
	defer variable()
	work()
}

func generic[T any](v T) {
	if r := recover(); r != nil { // audit works: logged
		log.Println(v, r)
	}
}

func usesGeneric() {
	defer generic("prices")
	work()
}

func eager() {
	defer handle(recover()) // audit never: passed
	work()
}
