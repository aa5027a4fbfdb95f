// Package cart holds carts.
package cart

import "fmt"

// A Cart is what somebody wants to buy.
type Cart struct {
	items map[string]int
	lines []int
	owner *Owner
}

// An Owner is whose cart it is.
type Owner struct {
	pad  [32]byte
	Name string
}

// Add puts something into the cart.
func (c *Cart) Add(sku string, n int) { c.items[sku] += n }

// Total adds up.
//
//go:noinline
func (c *Cart) Total(mode string) int {
	sum := 0
	if mode == "index-small" {
		sum += c.lines[len(mode)]
	}
	if mode == "index-large" {
		sum += c.lines[len(mode)+7]
	}
	if mode == "no-owner" {
		sum += len(c.owner.Name)
	}
	return sum
}

// Checkout pays.
//
//go:noinline
func (c *Cart) Checkout(mode, id string) {
	if mode == "checkout-empty" {
		panic(fmt.Sprintf("cart %s is empty", id))
	}
	panic(fmt.Errorf("cart %s of %q has no owner", id, "user"+id))
}

// Each calls one of two closures that look alike.
//
//go:noinline
func (c *Cart) Each(kind string) {
	first := func() {
		c.items["x"]++
	}
	second := func() {
		c.items["x"]++
	}
	if kind == "each-first" {
		call(first)
	}
	if kind == "each-second" {
		call(second)
	}
}

//go:noinline
func call(f func()) { f() }

// filters are closures outside functions.
var filters = map[string]func(list []int) int{
	"filter-in":  func(list []int) int { return list[len(list)] },
	"filter-out": func(list []int) int { return list[len(list)] },
}

// Filter calls one of them.
func Filter(name string) int { return filters[name](nil) }
