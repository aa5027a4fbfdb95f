// Command backstop is panic governance for Go services: it supervises, reads,
// collects, groups and explains the crashes of Go programs.
//
// Run it without arguments for the list of commands.
package main

import (
	"context"
	"os"

	"github.com/backstop-go/backstop/analysis/vettool"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// ownProcess says that the command has its process for itself, and may start it
// again.
var ownProcess bool

func main() {
	host.Guard()
	ownProcess = true
	if vettool.Invoked(os.Args[1:]) {
		vettool.Main(os.Args[1:])
	}
	os.Exit(run(context.Background(), os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// commands lists every command in the order people should meet them.
func commands() []command {
	return []command{
		demoCommand(),
		runCommand(),
		parseCommand(),
		sameCommand(),
		traceCommand(),
		snapshotCommand(),
		coreCommand(),
		doctorCommand(),
		vetCommand(),
		labCommand(),
		serveCommand(),
		projectCommand(),
		versionCommand(),
		completionCommand(),
	}
}
