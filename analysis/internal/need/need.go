// Package need skips tests that need what is not at hand on every machine. Where
// BACKSTOP_REQUIRE_ALL is set, as in continuous integration, they fail instead.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// all reports whether nothing may be missing.
func all() bool { return os.Getenv("BACKSTOP_REQUIRE_ALL") != "" }

// Cgo skips a test when cgo cannot run.
func Cgo(tb testing.TB) {
	tb.Helper()
	if HasCgo(tb) {
		return
	}
	tb.Skip("cgo cannot run: there is no C compiler, or CGO_ENABLED=0")
}

// HasCgo reports whether cgo can run, for tests that are less without it.
func HasCgo(tb testing.TB) bool {
	tb.Helper()
	_, err := exec.LookPath("gcc")
	if err == nil && os.Getenv("CGO_ENABLED") != "0" {
		return true
	}
	if all() {
		tb.Fatalf("cgo cannot run: CGO_ENABLED=%q, compiler: %v", os.Getenv("CGO_ENABLED"), err)
	}
	return false
}

// Toolchain skips a test when a toolchain of that name, go1.22.12, is neither the
// one at work nor in the module cache. Where everything is required, the go
// command downloads it.
func Toolchain(tb testing.TB, name string) {
	tb.Helper()
	own, _, _ := strings.Cut(runtime.Version(), " ")
	if all() || name == own {
		return
	}
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		tb.Skipf("no go command: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "golang.org", "toolchain@v0.0.1-"+name+"."+runtime.GOOS+"-"+runtime.GOARCH)
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("toolchain %s was not downloaded", name)
	}
}
