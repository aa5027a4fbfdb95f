package main

// It is no library.
func main() {
	panic(3)
}
