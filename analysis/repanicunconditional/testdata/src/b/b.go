package b

// Rethrow panics whatever it is given.
func Rethrow(v any) {
	panic(v)
}

// RethrowIf panics when there is something to panic with.
func RethrowIf(v any) {
	if v != nil {
		panic(v)
	}
}
