package host

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestCheckNumbersReadsTheNamespace(t *testing.T) {
	link := filepath.Join(t.TempDir(), "pid")
	if err := os.Symlink(initialPIDs, link); err != nil {
		t.Fatal(err)
	}
	if err := checkNumbers(link); err != nil {
		t.Errorf("in the namespace of the host: %v", err)
	}
	if err := checkNumbers(link + "-missing"); err == nil {
		t.Error("no error where the namespace cannot be read")
	}
}

// The test runs itself in a pid namespace of its own.
func TestCheckNumbersInAnotherNamespace(t *testing.T) {
	if os.Getenv("BACKSTOP_TEST_NAMESPACE") != "" {
		var e *namespaceError
		if err := CheckNumbers(); !errors.As(err, &e) || !strings.Contains(e.Hint(), "--pid=host") {
			t.Errorf("in another namespace: %v", err)
		}
		return
	}
	if os.Getuid() != 0 {
		crashtest.Skip(t, "pid namespaces need root")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestCheckNumbersInAnotherNamespace$", "-test.v")
	cmd.Env = append(os.Environ(), "BACKSTOP_TEST_NAMESPACE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		crashtest.Skip(t, "no right to make pid namespaces")
	}
	if err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
