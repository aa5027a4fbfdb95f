// Command backstop is panic governance for Go services: it supervises, reads,
// collects, groups and explains the crashes of Go programs.
//
// Run it without arguments for the list of commands.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// commands lists every command in the order people should meet them.
func commands() []command {
	return []command{
		demoCommand(),
		runCommand(),
		parseCommand(),
		sameCommand(),
		doctorCommand(),
		labCommand(),
		serveCommand(),
		projectCommand(),
		versionCommand(),
		completionCommand(),
	}
}
