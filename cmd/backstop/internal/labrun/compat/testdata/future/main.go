// Command future needs a Go that not everybody has.
package main

func main() {}
