package a

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"b"
)

// The helper is the deferred function.
func right() (err error) {
	defer stopPanic()
	defer toError(&err)
	defer named("prices")
	defer b.Catch()
	work()
	return nil
}

// A method, a method value, a variable, an interface: all the deferred function.
func rightMethods(s *server, i stopper) {
	defer s.stopPanic()
	stop := s.stopPanic
	defer stop()
	defer i.stopPanic()
	defer onPanic()
	defer genericStop("zero")
	defer (*server).stopPanic(s)
	work()
}

// recover is called by the literal, and its value is handed on.
func rightValue() (err error) {
	defer func() { handle(recover()) }()
	defer func() { err = asError(recover(), err) }()
	work()
	return nil
}

func handle(r any) {
	if r != nil {
		log.Println(r)
	}
}

func asError(r any, err error) error {
	if r != nil {
		return fmt.Errorf("%v", r)
	}
	return err
}

// The deferred function recovers itself; what it calls besides does not matter.
func rightBoth() {
	defer func() {
		if r := recover(); r != nil {
			log.Println(r)
		}
		stopPanic()
	}()
	work()
}

// What is called has a guard of its own, for what it runs.
func rightRun() {
	defer func() { b.Run(work) }()
	work()
}

func flush() {
	defer stopPanic()
	work()
}

func rightFlush() {
	defer flush()
	defer func() { flush() }()
	work()
}

// The guard within guards what the deferred function does.
func rightInner(f *os.File) {
	defer func() {
		defer stopPanic()
		if err := f.Close(); err != nil {
			panic(err)
		}
	}()
	work()
}

// The literal is deferred by the callee: it is the deferred function.
func rightCallee() {
	b.Protect(func() {
		if r := recover(); r != nil {
			log.Println(r)
		}
	})
	b.Protect(stopPanic)
}

// A literal that is returned and deferred.
func open() func() {
	return func() {
		if r := recover(); r != nil {
			log.Println(r)
		}
	}
}

func rightOpen() {
	defer open()()
	work()
}

// Another goroutine, with a guard of its own.
func rightSpawn() {
	defer func() { go flush() }()
	defer func() {
		go func() {
			defer stopPanic()
			work()
		}()
	}()
	work()
}

// An interface that nothing here with such a method implements.
type other interface {
	Close() error
	Flush()
}

func rightOther(o other) {
	defer o.Close()
	work()
}

// finish ends a transaction, with or without a panic, and is both deferred and
// called; rollback, deferred elsewhere, calls it to clean up and not to recover.
type transaction struct{ w io.Writer }

func (t *transaction) finish() {
	log.Println("finish")
	if r := recover(); r != nil {
		log.Println(r)
		return
	}
	fmt.Fprintln(t.w, "commit")
}

func (t *transaction) Rollback() error {
	t.finish()
	return errors.New("rolled back")
}

func rightFinish(t *transaction) {
	defer t.finish()
	work()
}

func rightRollback(t *transaction) {
	defer t.Rollback()
	work()
}

// Stop leads to a guard far below, but is called where nothing panics, too.
func (s *server) session() {
	log.Println("session")
	s.last()
}

func (s *server) last() { s.stopPanic() }

func (s *server) stop() {
	s.session()
	log.Println("stopped")
}

func rightStop(s *server, early bool) {
	defer s.stop()
	if early {
		s.session()
	}
	work()
}

func rightOtherStop(s *b.Server) {
	defer s.Stop()
	work()
}

type second struct{}

func (second) stopPanic() {}

// The dynamic type is not known, and there are two.
func rightInterface(s stopper) {
	defer func() { s.stopPanic() }()
	work()
}

// Not the predeclared recover.
type restorer struct{}

func (restorer) recover() any { return nil }

func rightName(r restorer) {
	defer func() { restore(r) }()
	work()
}

func restore(r restorer) { handle(r.recover()) }

// Not deferred at all: that is recover-not-deferred.
func notDeferred() {
	stopPanic()
	work()
}

func ignored() {
	defer func() {
		//backstop:ignore recover-depth shows what does not work
		stopPanic()
	}()
	work()
}
