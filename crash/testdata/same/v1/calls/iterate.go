//go:build go1.23

package calls

import "slices"

//go:noinline
func iterate(bug, value string) {
	switch bug {
	case "range-func":
		for x := range numbers(3) {
			new(worker).run(value, x+7)
		}
	case "range-values":
		for _, x := range slices.All([]int{1, 2}) {
			new(worker).run(value, x+7)
		}
	}
}

//go:noinline
func numbers(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}
