package host

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// cpu is what this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStranger starts programs that are none of Go, one after the other, while
// every Go program is watched. watcher-µs/op is what a start and an end cost the
// watcher; the rest of the time is the program's own.
func BenchmarkStranger(b *testing.B) {
	if os.Geteuid() != 0 {
		crashtest.Skip(b, "only root loads programs into the kernel")
	}
	// A shell starts them, so that this process has nothing to do but to watch.
	w, err := Watch(b.Context(), Options{Selection: Selection{All: true}})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	go func() {
		for range w.Events() { //nolint:revive // it only reads
		}
	}()
	const each = 100
	before, n := cpu(b), 0
	for b.Loop() {
		if err := exec.Command("/bin/sh", "-c", "i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done").Run(); err != nil {
			b.Fatal(err)
		}
		n += each
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(n), "watcher-µs/start")
	if lost := w.host.Lost(); len(lost) > 0 {
		b.Errorf("lost: %v", lost)
	}
}

// BenchmarkScan looks at every process of the machine.
func BenchmarkScan(b *testing.B) {
	const here = proc("/proc")
	pids, err := here.pids()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, pid := range pids {
			if path, err := here.link(pid); err == nil && path != "" {
				_, _ = here.process(pid) // it may have ended
			}
		}
	}
	b.ReportMetric(float64(len(pids)), "processes")
}
