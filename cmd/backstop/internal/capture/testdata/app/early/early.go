// Package early crashes before main, when it is told to.
package early

import "os"

func init() {
	if len(os.Args) > 1 && os.Args[1] == "panic-in-init" {
		loadConfig(nil)
	}
}

//go:noinline
func loadConfig(m map[string]string) { m["listen"] = ":8080" }
