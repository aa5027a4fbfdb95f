package a

import "testing"

// In a test, that it goes on is the result.
func TestWork(t *testing.T) {
	defer func() { recover() }()
	work()
}
