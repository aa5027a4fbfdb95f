package gobin_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
)

// toolchains is the last release of each minor one at the time of writing.
var toolchains = []string{
	"go1.16.15", "go1.17.13", "go1.18.10", "go1.19.13", "go1.20.14", "go1.21.13",
	"go1.22.12", "go1.23.12", "go1.24.13", "go1.25.14", "go1.26.8", "go1.27.0",
}

// A mode is a way to build testdata/prog.
type mode struct {
	name  string
	flags []string
	env   []string
}

var (
	static      = mode{name: "static"}
	stripped    = mode{name: "stripped", flags: []string{"-ldflags=-s -w"}}
	pie         = mode{name: "pie", flags: []string{"-buildmode=pie"}}
	pieStripped = mode{name: "pie-stripped", flags: []string{"-buildmode=pie", "-ldflags=-s -w"}}
	external    = mode{name: "external", flags: []string{"-ldflags=-linkmode=external"}, env: []string{"CGO_ENABLED=1"}}
	externalPIE = mode{name: "external-pie", flags: []string{"-buildmode=pie", "-ldflags=-linkmode=external -s -w"}, env: []string{"CGO_ENABLED=1"}}
	trimmed     = mode{name: "trimmed", flags: []string{"-trimpath"}}
	linux386    = mode{name: "386", env: []string{"GOARCH=386"}}
)

// cross names a mode after its target.
func cross(goos, goarch string, flags ...string) mode {
	return mode{name: goos + "-" + goarch, flags: flags, env: []string{"GOOS=" + goos, "GOARCH=" + goarch}}
}

// stripped returns the mode without symbols.
func (m mode) stripped() mode {
	flags := []string{"-ldflags=-s -w"}
	for _, f := range m.flags {
		if strings.HasPrefix(f, "-ldflags=") {
			flags[0] = f + " -s -w"
		} else {
			flags = append(flags, f)
		}
	}
	return mode{m.name + "-stripped", flags, m.env}
}

// current is the toolchain that runs the tests.
func current() string { return runtime.Version() }

// need skips a test when a toolchain is not at hand; where everything is
// required, the go command downloads it.
func need(t *testing.T, toolchain string) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("old releases are compared on linux/amd64 only")
	}
	crashtest.NeedToolchain(t, toolchain)
}

var (
	buildDir  string
	buildLock sync.Mutex
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gobin")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildDir = dir
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// build makes testdata/prog and returns its path. Each is made once.
func build(t testing.TB, toolchain string, m mode) string {
	t.Helper()
	return buildProgram(t, "prog", toolchain, m)
}

// buildProgram does the same with another program of testdata.
func buildProgram(t testing.TB, program, toolchain string, m mode) string {
	t.Helper()
	buildLock.Lock()
	defer buildLock.Unlock()
	exe := filepath.Join(buildDir, program+"-"+toolchain+"-"+m.name)
	if _, err := os.Stat(exe); err == nil {
		return exe
	}
	args := append([]string{"build", "-o", exe}, m.flags...)
	if minor(toolchain) < 18 {
		args = append(args, "main.go", "inner.go") // without generics
	} else {
		args = append(args, ".")
	}
	env := append([]string{"GOTOOLCHAIN=" + toolchain, "GOWORK=off", "GOFLAGS=-mod=mod", "CGO_ENABLED=0"}, m.env...)
	command(t, filepath.Join("testdata", program), env, "go", args...)
	return exe
}

func minor(toolchain string) int {
	n, err := strconv.Atoi(strings.Split(toolchain, ".")[1])
	if err != nil {
		return 99 // a toolchain in the making
	}
	return n
}

func command(t testing.TB, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func open(t testing.TB, path string) *gobin.File {
	t.Helper()
	f, err := gobin.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}
