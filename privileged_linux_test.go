package backstop_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func init() { programs["privileged"] = privileged }

// privileged is what a set-user-ID program is after its execve: it has the rights
// of root, and its environment is from somebody who has not.
func privileged(args []string) {
	check(syscall.Setreuid(65534, 0))
	err := backstop.Start(backstop.Options{SpoolDir: args[0]})
	var d *backstop.DegradedError
	if errors.As(err, &d) {
		for _, p := range d.Problems {
			fmt.Print(p.Part, " ")
		}
	}
	o, ok := backstop.Running()
	fmt.Printf("collector %q, values %v, spool %q, %v\n", o.Collector, o.SendValues, filepath.Base(o.SpoolDir), ok)
}

// TestPrivileged has somebody without rights write the environment of a program
// that has them.
func TestPrivileged(t *testing.T) {
	if os.Getuid() != 0 {
		crashtest.Skip(t, "only root can have more rights than who started it")
	}
	for spool, want := range map[string]string{
		"":                                 `spool monitor collector "", values false, spool ".", true`,
		filepath.Join(t.TempDir(), "mine"): `monitor collector "", values false, spool "mine", true`,
	} {
		theirs := t.TempDir()
		path := func(name string) string { return filepath.Join(theirs, name) }
		r := crashtest.Run(t, "privileged", crashtest.Options{Args: []string{spool}, Env: []string{
			"BACKSTOP_SPOOL=" + path("spool"), "HOME=" + path("home"), "XDG_CACHE_HOME=" + path("cache"), "TMPDIR=" + path("tmp"),
			"BACKSTOP_MONITOR_LOG=" + path("log"), "BACKSTOP_INFLIGHT=" + path("table"),
			"BACKSTOP_COLLECTOR=http://127.0.0.1:9", "BACKSTOP_SEND_VALUES=1",
			fmt.Sprintf(`BACKSTOP_MONITOR={"event":{"process":{"pid":%d}},"spool_dir":%q}`, os.Getpid(), path("monitor")),
		}})
		if got := strings.TrimSpace(r.Stdout); got != want || r.Exit != 0 {
			t.Errorf("%s, exit %d\nwant %s\n%s", got, r.Exit, want, r.Stderr)
		}
		if made, err := os.ReadDir(theirs); err != nil || len(made) > 0 {
			t.Errorf("it has made %v for them (%v)", made, err)
		}
	}
}
