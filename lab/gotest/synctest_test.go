//go:build go1.25

package gotest

import (
	"testing"
	"testing/synctest"

	"github.com/backstop-go/backstop/lab/harness"
)

// TestBubbleDeadlock leaves a goroutine behind that nobody can wake: within a
// bubble that is known at once.
func TestBubbleDeadlock(t *testing.T) {
	harness.Run(func() {
		synctest.Test(t, func(t *testing.T) {
			orders := make(chan int)
			go func() { <-orders }()
		})
	})
}
