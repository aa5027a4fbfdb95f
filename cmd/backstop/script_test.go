package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary double as the backstop command, so that the
// scripts run the real thing in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"backstop": func() {
			os.Exit(run(context.Background(), os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
		},
		"shop": dyingShop,
	})
}

// TestScripts runs testdata/script/*.txtar: the command as users type it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("BACKSTOP_UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
