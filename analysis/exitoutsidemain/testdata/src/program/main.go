package main

import (
	"log"
	"os"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
	os.Exit(helper())
}

func run() error { return nil }

// A helper of package main may end the process.
func helper() int {
	os.Exit(2)
	return 0
}
