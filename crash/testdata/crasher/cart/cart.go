// Package cart holds the bugs that need a package other than main.
package cart

type Cart struct {
	items map[string]int
	list  []int
}

func (c *Cart) Add(sku string, n int) { c.items[sku] += n }

func (c Cart) At(i int) int { return c.list[i] }

type OutOfStock struct{ SKU string }

func (e *OutOfStock) Error() string { return "out of stock: " + e.SKU }

// Each calls f for every element.
//
//go:noinline
func Each[T any](list []T, f func(T)) {
	for _, v := range list {
		f(v)
	}
}

// Stack has a method with a type parameter.
type Stack[T any] struct{ list []T }

//go:noinline
func (s *Stack[T]) Pop() T { return s.list[len(s.list)-1] }

//go:noinline
func Odd(n int) int {
	if n == 0 {
		return 0
	}
	return Even(n-1) + 1
}

//go:noinline
func Even(n int) int {
	var pad [64]byte
	pad[n&63] = 1
	return Odd(n-1) + int(pad[n&31])
}
