// Package must turns errors into panics.
package must

// Do panics if there is an error.
//
//go:noinline
func Do(err error) {
	if err != nil {
		panic(err)
	}
}

// Get returns the value, or panics.
func Get[T any](v T, err error) T {
	Do(err)
	return v
}
