package main

func init() {
	cases = append(cases, generics)
	run = func(f func(int)) { each([]int{1}, f) }
}

type list[T any] struct{ items []T }

//go:noinline
func (l *list[T]) push(v T) {
	l.items = append(l.items, v)
	record("generic method")
}

//go:noinline
func each[T any](items []T, f func(T)) {
	for _, v := range items {
		f(v)
	}
	func() { record("closure in generic") }()
}

func onlyInlined[T any](v T) T {
	record("generic inlined")
	return v
}

func generics() {
	new(list[int]).push(1)
	new(list[string]).push("1")
	each([]int{1}, func(int) { record("closure for generic") })
	each([]string{"1"}, func(string) {})
	onlyInlined(1)
	onlyInlined("1")
}
