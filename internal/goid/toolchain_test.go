package goid

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// toolchains are the oldest release that the SDK is for and the newest one.
// "local" below is the one that runs the tests.
var toolchains = []string{"go1.22.12", "go1.27.0"}

// TestToolchains runs a program that compares Self and Parent with tracebacks,
// as each toolchain builds it. A new release in which the experiment fails
// fails here.
func TestToolchains(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for _, toolchain := range toolchains {
		t.Run(toolchain, func(t *testing.T) {
			crashtest.NeedToolchain(t, toolchain)
			runs(t, build(t, toolchain, false))
			runs(t, build(t, toolchain, false, "-buildmode=pie"))
		})
	}
	t.Run("without optimisation", func(t *testing.T) {
		runs(t, build(t, "local", false, "-gcflags=all=-N -l"))
	})
	t.Run("cgo", func(t *testing.T) {
		needC(t)
		runs(t, build(t, "local", true))
	})
	t.Run("race", func(t *testing.T) {
		needC(t)
		runs(t, build(t, "local", true, "-race"))
	})
	t.Run("cgo and PIE", func(t *testing.T) {
		needC(t)
		runs(t, build(t, "local", true, "-buildmode=pie"))
	})
	t.Run("without assembly", func(t *testing.T) {
		out, err := exec.Command(build(t, "local", false, "-tags=backstop_noasm")).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "no assembly") {
			t.Errorf("%v, want a reason: %s", err, out)
		}
	})
}

func needC(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		crashtest.Skip(t, "no C compiler: %v", err)
	}
}

func build(t *testing.T, toolchain string, cgo bool, flags ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "prog")
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), "./testdata/prog")...)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	if cgo {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	if toolchain != "local" {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+toolchain)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build with %s %v: %v\n%s", toolchain, flags, err, out)
	}
	return exe
}

func runs(t *testing.T, exe string) {
	t.Helper()
	// The second time, with tracebacks of other forms.
	for _, env := range []string{"A=", "GODEBUG=tracebackancestors=3,tracebacklabels=1"} {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), env)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v with %s:\n%s", err, env, out)
		}
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "GOTRACEBACK=system")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v with GOTRACEBACK=system:\n%s", err, out)
	}
}
