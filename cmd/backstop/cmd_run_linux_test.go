package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestRunAsInit: crashes of the program of a container, whose init process we
// are, all reach the collector before the container is gone.
func TestRunAsInit(t *testing.T) {
	if out, err := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "true").CombinedOutput(); err != nil {
		crashtest.Skip(t, "no pid namespace can be made, which takes root and unshare(1): %v %s", err, out)
	}
	collector := serveProcess(t, t.TempDir())
	shop := shopPath(t)
	backstop := filepath.Join(filepath.Dir(shop), "backstop") // the test binary goes by its name
	if err := os.Symlink(shop, backstop); err != nil {
		t.Fatal(err)
	}
	const times = 12
	for n := range times {
		cmd := exec.Command("unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
			backstop, "run", "-collector", collector.url, "-spool", t.TempDir(), "--", shop, "goroutine")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 {
			t.Fatalf("run %d: %v\n%s", n, err, out)
		}
		if got := stored(t, collector.url); got != n+1 {
			t.Fatalf("%d of %d crashes have arrived\n%s", got, n+1, out)
		}
	}
}
