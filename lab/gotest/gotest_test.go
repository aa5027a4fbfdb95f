// Package gotest is a package whose tests end in bad ways. It is built with
// go test -c; package testing stands between the runtime and what dies.
package gotest

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/backstop-go/backstop/lab/harness"
)

func TestMain(m *testing.M) {
	harness.Watch()
	os.Exit(m.Run())
}

// TestPanic panics: testing recovers it to print which test it was, and panics
// again with the same value.
func TestPanic(t *testing.T) {
	harness.Run(func() { panic(errors.New("stock ledger is corrupt")) })
}

// TestGoroutinePanic panics in a goroutine of the test, which testing does not
// guard.
func TestGoroutinePanic(t *testing.T) {
	harness.Run(func() {
		done := make(chan bool)
		go func() {
			defer close(done)
			panic(errors.New("stock ledger is corrupt"))
		}()
		<-done
		time.Sleep(time.Second)
	})
}

// TestTimeout takes longer than -test.timeout allows: another goroutine panics.
func TestTimeout(t *testing.T) {
	harness.Run(func() { time.Sleep(20 * time.Second) })
}
