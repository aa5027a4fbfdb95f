package host

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

func TestSelf(t *testing.T) {
	p := Self()
	if p.PID != os.Getpid() {
		t.Errorf("pid %d", p.PID)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if p.BootID == "" || p.Start == 0 || p.Host == "" {
		t.Errorf("incomplete on Linux: %+v", p)
	}
	if again := Self(); again != p {
		t.Errorf("%+v, then %+v", p, again)
	}
}

// TestZombie asks about a process that has ended and was not waited for: that
// is when a supervisor asks.
func TestZombie(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	running := Process(cmd.Process.Pid)
	if running.Start == 0 {
		t.Error("no start time of a child")
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if gone := Process(cmd.Process.Pid); gone.Start != 0 {
		t.Errorf("start time %d of a process that is gone", gone.Start)
	}
}

func TestBuild(t *testing.T) {
	b := Build()
	if b.GoVersion != runtime.Version() || b.OS != runtime.GOOS || b.Arch != runtime.GOARCH {
		t.Errorf("build %+v", b)
	}
	if Release() == "" {
		t.Error("a release always has a name")
	}
}
