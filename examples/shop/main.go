// Command shop is the sample service of `backstop demo`.
package main

func main() {}
