package main

func inner(n int, name string) int {
	record(name)
	return n
}
