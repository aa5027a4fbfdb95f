package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// TestMain makes the test binary double as the backstop command, so that the
// scripts run the real thing in a process of its own.
func TestMain(m *testing.M) {
	host.Guard() // this binary is the command's guardian, too
	testscript.Main(m, withOwn(map[string]func(){
		"backstop": main,
		"shop":     dyingShop,

		"parked-shop":  parkedShop,
		"backstop-pid": backstopPID,
	}))
}

// ownPrograms are those of scripts that are of one system alone.
var ownPrograms map[string]func()

func withOwn(programs map[string]func()) map[string]func() {
	maps.Copy(programs, ownPrograms)
	return programs
}

// goCommand lets scripts use the go command as the test does: what it has built
// and downloaded already is there.
func goCommand(e *testscript.Env) error {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH", "GOVERSION").Output()
	if err != nil {
		return nil //nolint:nilerr // scripts that need it fail by themselves
	}
	for i, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOVERSION"} {
		e.Setenv(name, strings.Split(string(out), "\n")[i])
	}
	return nil
}

// TestScripts runs testdata/script/*.txtar: the command as users type it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("BACKSTOP_UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               goCommand,
		Condition:           condition,
	})
}

// condition is what scripts may ask for in brackets, besides what testscript knows.
func condition(name string) (bool, error) {
	switch name {
	case "trace": // whether any process may be traced
		return runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && os.Getuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}
