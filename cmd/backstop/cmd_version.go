package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"

	"github.com/backstop-go/backstop/internal/host"
)

func versionCommand() command {
	return command{
		name:    "version",
		summary: "print the version, revision and Go version of this command",
		setup: func(*flag.FlagSet) runFunc {
			return func(_ context.Context, std stdio, args []string) error {
				if len(args) > 0 {
					return withHint(usageError("version takes no arguments"), "run `backstop version` alone")
				}
				_, err := fmt.Fprintf(std.out, "backstop %s %s %s/%s\n", host.Release(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return err
			}
		},
	}
}
