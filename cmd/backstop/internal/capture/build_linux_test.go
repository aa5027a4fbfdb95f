package capture

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// oldest can only build the program without the SDK, for `backstop run`.
const oldest = "go1.21.13"

// older toolchains, from the oldest to the one before the local one, and newest.
var (
	older  = []string{oldest, "go1.22.12", "go1.23.12", "go1.24.13", "go1.25.14"}
	newest = "go1.27.0"
	local  = strings.Fields(runtime.Version())[0] // without the experiments
)

// needToolchain skips a test when a toolchain is not at hand; where everything
// is required, the go command downloads it.
func needToolchain(t *testing.T, toolchain string) {
	t.Helper()
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		crashtest.Skip(t, "the monitor's and the table's work is told for amd64 and arm64")
	}
	crashtest.NeedToolchain(t, toolchain)
}

// hasC reports whether C and C++ can be compiled.
func hasC() bool {
	_, errC := exec.LookPath("gcc")
	_, errCXX := exec.LookPath("g++")
	return errC == nil && errCXX == nil
}

// A program is one build of testdata/app.
type program struct {
	toolchain string
	sdk, cgo  bool
}

func (p program) file() string {
	name := p.toolchain
	if p.sdk {
		name += "-sdk"
	}
	if p.cgo {
		name += "-cgo"
	}
	return name
}

// build compiles a program into dir.
func (p program) build(dir string) error {
	args := []string{"build", "-trimpath", "-o", filepath.Join(dir, p.file())}
	if p.sdk {
		args = append(args, "-modfile=sdk.mod", "-tags=sdk")
	}
	env := []string{"GOTOOLCHAIN=" + p.toolchain, "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0"}
	if p.cgo {
		env[3] = "CGO_ENABLED=1"
	}
	return goCommand("testdata/app", env, append(args, ".")...)
}

// buildPrograms compiles what a toolchain can build: without C, and with it where
// C can be compiled.
func buildPrograms(t *testing.T, dir, toolchain string, withC bool) {
	t.Helper()
	for _, sdk := range []bool{false, true} {
		for _, cgo := range []bool{false, true} {
			if sdk && toolchain == oldest || cgo && !withC {
				continue
			}
			if err := (program{toolchain, sdk, cgo}).build(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// buildBackstop compiles the command that supervises.
func buildBackstop(t *testing.T, dir string) string {
	t.Helper()
	exe := filepath.Join(dir, "backstop")
	if err := goCommand("../..", []string{"CGO_ENABLED=0"}, "build", "-o", exe, "."); err != nil {
		t.Fatal(err)
	}
	return exe
}

func goCommand(dir string, env []string, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return fmt.Errorf("%v go %v: %w\n%s", env, args, err, out)
	case err != nil:
		return fmt.Errorf("go %v: %w", args, err)
	}
	return nil
}
