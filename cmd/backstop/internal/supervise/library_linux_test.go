package supervise

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// compile makes a program of testdata that needs a C++ compiler.
func compile(t *testing.T, command ...string) string {
	t.Helper()
	if _, err := exec.LookPath("g++"); err != nil {
		crashtest.Skip(t, "no C++ compiler: %v", err)
	}
	exe := filepath.Join(t.TempDir(), "shop")
	for i := range command {
		if command[i] == "OUT" {
			command[i] = exe
		}
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return exe
}

// lastWord runs a program and returns what its one event says.
func lastWord(t *testing.T, command ...string) string {
	t.Helper()
	var stderr lockedBuffer
	var all []event.Event
	_, err := Run(context.Background(), Options{
		Command: command, Limits: noCore, Stderr: &stderr,
		OnEvent: func(e event.Event) { all = append(all, e) },
	})
	if err != nil || len(all) != 1 {
		t.Fatalf("%v: %v, events %q\n%s", command, err, summary(all), stderr.String())
	}
	message := "-"
	if all[0].Message != nil {
		message = *all[0].Message
	}
	return string(all[0].Class) + " " + string(all[0].Exit.By) + ": " + message
}

// TestLibraries: what C and C++ libraries say before they abort is the message.
func TestLibraries(t *testing.T) {
	t.Parallel()
	exe := compile(t, "g++", "-O1", "-w", "-fstack-protector-all", "-o", "OUT", "testdata/library/main.cc")
	for way, want := range map[string]string{
		"abort":         "kill.sigabrt : killed by SIGABRT",
		"assert":        "kill.sigabrt self: shop: testdata/library/main.cc:34: int main(int, char**): Assertion `argc == 17' failed.",
		"double-free":   "kill.sigabrt self: free(): double free detected in tcache 2",
		"bad-free":      "kill.sigabrt self: free(): invalid pointer",
		"smash":         "kill.sigabrt self: *** stack smashing detected ***: terminated",
		"throw":         "kill.sigabrt self: terminate called after throwing an instance of 'std::runtime_error', what():  no such coupon",
		"throw-int":     "kill.sigabrt self: terminate called after throwing an instance of 'int'",
		"pure-virtual":  "kill.sigabrt self: pure virtual method called, terminate called without an active exception",
		"segv":          "kill.sigsegv : killed by SIGSEGV",
		"said-long-ago": "kill.sigabrt : killed by SIGABRT",
		"half-line":     "kill.sigkill : killed by SIGKILL",
	} {
		if got := lastWord(t, exe, way); got != want {
			t.Errorf("%s: got %q, want %q", way, got, want)
		}
	}
}

// TestLibrariesUnderGo: the same in a Go program, whose runtime prints a
// traceback for the abort where it can.
func TestLibrariesUnderGo(t *testing.T) {
	t.Parallel()
	exe := compile(t, "go", "build", "-o", "OUT", "./testdata/withcgo")
	for way, want := range map[string]string{
		"abort":           "signal.abort_cgo : -",
		"double-free":     "signal.abort_cgo : free(): double free detected in tcache 2",
		"throw":           "signal.abort_cgo : terminate called after throwing an instance of 'std::runtime_error', what():  no such coupon",
		"abort-on-thread": "kill.sigabrt : killed by SIGABRT",
		"fault-on-thread": "kill.sigsegv : killed by SIGSEGV",
	} {
		if got := lastWord(t, exe, way); got != want {
			t.Errorf("%s: got %q, want %q", way, got, want)
		}
	}
	// In a limit of tasks that the supervisor is in as well.
	cmd := exec.Command(os.Args[0], exe, "threads")
	cmd.Env = append(os.Environ(), standInEnv+"=1")
	out, err := wrap(t, cmd, "sh", "-c", `echo $$ >"$0" && exec "$@"`, pidsCgroup(t, 40)).CombinedOutput()
	want := `event: fatal.newosproc "runtime/cgo: pthread_create failed: Resource temporarily ..." exit=2`
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%v\n%s", err, out)
	}
}
