// Package b is another package.
package b

import (
	"log"
	"os"
)

// Fatal ends the process.
func Fatal(err error) {
	log.Print(err)
	os.Exit(1)
}

// Setup returns what is to be called at the end.
func Setup() (func(), error) { return func() { os.Remove("x") }, nil }
