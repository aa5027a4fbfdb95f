package a

// A reply holds what an instance decides.
type reply[T any] struct {
	v   T
	err error
}

// replies makes room for values whose size only an instance knows.
func replies[T any](n uint16) ([]reply[T], chan reply[T]) {
	return make([]reply[T], n), make(chan reply[T], 1) // not reported: at most 65535 of them, and a constant
}
