package a

import "testing"

// A test may panic with what it likes.
func TestAgain(t *testing.T) {
	defer func() { recover() }()
	again(func() { panic(3) })
}
