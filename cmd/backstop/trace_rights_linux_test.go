package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestTraceGivesUpRights reads off the running command what it may do still.
func TestTraceGivesUpRights(t *testing.T) {
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root has rights to give up")
	}
	foreign := t.TempDir()
	if err := os.Chown(foreign, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	// CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH; others for a reason.
	for name, test := range map[string]struct {
		flags []string
		want  string
	}{
		"plain":                    {nil, "000000c000080004"},
		"by ptrace":                {[]string{"-by", "ptrace", "-freeze", "-freeze-dir", t.TempDir()}, "0000000000080004"},
		"freeze":                   {[]string{"-freeze", "-freeze-dir", t.TempDir()}, "000000c000080024"},
		"a directory of others":    {[]string{"-out", filepath.Join(foreign, "night.jsonl")}, "000000c000080006"},
		"a directory of our own":   {[]string{"-out", filepath.Join(t.TempDir(), "night.jsonl")}, "000000c000080004"},
		"a file that is not there": {[]string{"-freeze", "-freeze-dir", filepath.Join(foreign, "a/b")}, "000000c000080026"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe", append([]string{"trace", "-exe", "no-such-program", "-for", "1m", "-quiet"}, test.flags...)...)
			cmd.Args[0] = "backstop" // what this binary is then
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			dir := filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "task")
			crashtest.Eventually(t, "all threads have the rights that are wanted", func() bool {
				select {
				case err := <-ended:
					t.Fatalf("it ended: %v, %s", err, stderr.String())
				default:
				}
				threads, err := filepath.Glob(dir + "/*/status")
				if err != nil || len(threads) < 2 {
					return false
				}
				for _, path := range threads {
					text, err := os.ReadFile(path)
					if err != nil {
						return false // one that ended
					}
					for _, line := range []string{"CapPrm:\t" + test.want, "CapEff:\t" + test.want, "CapBnd:\t" + test.want, "NoNewPrivs:\t1"} {
						if !strings.Contains(string(text), line+"\n") {
							return false
						}
					}
				}
				return true
			})
			// The signal may come before there is a handler; then the runtime's ends it.
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err != nil && !strings.HasPrefix(err.Error(), "signal: ") {
				t.Errorf("it ends with %v: %s", err, stderr.String())
			}
		})
	}
}
