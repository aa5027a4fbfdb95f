package labrun

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/lab/scenario"
)

// TestKinds: programs that are not simply built and started.
func TestKinds(t *testing.T) {
	_, noC := exec.LookPath("gcc")
	for _, c := range []struct {
		name     string
		impaired error // why it cannot be run here
		want     Row
	}{
		{"gotest-TestPanic", nil, Row{Exit: "2", ClassifiedAs: "panic.custom", CrashOutput: "trace", StderrTraceback: true, Deferred: true}},
		{"cshared-0", noC, Row{ClassifiedAs: "panic.custom", CrashOutput: "trace", StderrTraceback: true, Deferred: true}},
		{"cshared-4", noC, Row{ClassifiedAs: "kill.sigabrt", CrashOutput: "empty", Deferred: true, Returned: true}},
		{"secure-panic", have(scenario.SetUID), Row{Exit: "2", ClassifiedAs: "panic.custom", CrashOutput: "text", Deferred: true}},
	} {
		got := matrix(t, testLab(t, Options{}), Plan{Scenarios: find(t, c.name)})[0]
		if c.impaired != nil {
			if !strings.HasPrefix(got.NotRun, "needs ") {
				t.Errorf("%s cannot be run here (%v), and the row says %q", c.name, c.impaired, got.NotRun)
			}
			continue
		}
		seen := Row{Exit: got.Exit, ClassifiedAs: got.ClassifiedAs, CrashOutput: got.CrashOutput, StderrTraceback: got.StderrTraceback, Deferred: got.Deferred, Returned: got.Returned}
		if got.NotRun != "" || !reflect.DeepEqual(seen, c.want) {
			t.Errorf("%s: not run %q\n%+v\n%+v", c.name, got.NotRun, seen, c.want)
		}
	}
}

// TestNoCompiler: where the C compiler is missing or does not work, a row says so.
func TestNoCompiler(t *testing.T) {
	for cc, why := range map[string]string{
		filepath.Join(t.TempDir(), "cc"): "needs C compiler: ",
		"false":                          "exit status",
	} {
		t.Setenv("CC", cc)
		for _, r := range matrix(t, testLab(t, Options{Dir: t.TempDir()}), Plan{Scenarios: find(t, "cshared-0", "c-abort")}) {
			if !strings.Contains(r.NotRun, why) || r.ClassifiedAs != "" {
				t.Errorf("CC=%s, %s: %q", cc, r.Scenario, r.NotRun)
			}
		}
	}
}

func TestMayEnter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	top := filepath.Dir(filepath.Dir(dir))
	for mode, closed := range map[os.FileMode]bool{0o700: true, 0o711: false} {
		if err := os.Chmod(top, mode); err != nil {
			t.Fatal(err)
		}
		err := mayEnter(dir)
		if closed && (err == nil || !strings.Contains(err.Error(), top+" is closed")) || !closed && err != nil && strings.Contains(err.Error(), top+" ") {
			t.Errorf("%o: %v", mode, err)
		}
	}
}
