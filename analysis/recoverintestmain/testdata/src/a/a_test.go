package a

import (
	"log"
	"testing"
)

func TestMain(m *testing.M) {
	defer func() {
		if r := recover(); r != nil { // want `recover-in-testmain: recovers in TestMain`
			log.Print(r)
		}
	}()
	defer guard() // want `recover-in-testmain`
	// It goes on.
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	// The run fails.
	defer func() {
		if r := recover(); r != nil {
			log.Fatal(r)
		}
	}()
	setUp()
	m.Run()
}

func guard() { log.Print(recover()) }

// A test that says what the code under test does.
func TestPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	panic("always")
}

type suite struct{}

// It is no TestMain of package testing.
func (suite) TestMain(m *testing.M) {
	defer func() { log.Print(recover()) }()
	setUp()
}
