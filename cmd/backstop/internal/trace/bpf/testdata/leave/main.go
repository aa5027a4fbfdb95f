// Command leave recovers a panic and exits instead of returning.
package main

import "os"

func main() {
	defer func() {
		if recover() != nil {
			os.Exit(3)
		}
	}()
	panic("the last one")
}
