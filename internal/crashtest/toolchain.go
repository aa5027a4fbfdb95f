package crashtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// NeedToolchain skips a test when a Go toolchain ("go1.22.12") is not at hand.
// Where everything is required, the go command downloads it.
func NeedToolchain(tb testing.TB, name string) {
	tb.Helper()
	if os.Getenv("BACKSTOP_REQUIRE_ALL") == "" && !HasToolchain(tb, name) {
		Skip(tb, "toolchain %s was not downloaded", name)
	}
}

// HasToolchain says whether a Go toolchain is at hand: it is the local one or in
// the module cache.
func HasToolchain(tb testing.TB, name string) bool {
	tb.Helper()
	local, _, _ := strings.Cut(runtime.Version(), " ") // without the experiments
	if name == local || name == "local" {
		return true
	}
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		Skip(tb, "no go command: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "golang.org", "toolchain@v0.0.1-"+name+"."+runtime.GOOS+"-"+runtime.GOARCH)
	_, err = os.Stat(dir)
	return err == nil
}
