package experiment

import (
	"cmp"
	"slices"
)

// median of an even number is the lower of the two in the middle: a value that
// was seen. It is 0 of none.
func median[T cmp.Ordered](values []T) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

// least is 0 of none.
func least[T cmp.Ordered](values []T) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	return slices.Min(values)
}
