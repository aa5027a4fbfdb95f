package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// Without probes, what is seen goes the same ways: standard output, a recording that
// report reads, the collector.
func TestTraceByPtrace(t *testing.T) {
	exe := tracee.Build(t, tracee.Toolchains[len(tracee.Toolchains)-2], tracee.PIE)
	collector := serveProcess(t, t.TempDir())
	p, leaving := tracee.Start(t, exe), tracee.Start(t, exe)
	record := filepath.Join(t.TempDir(), "night.jsonl")
	var out strings.Builder
	pids := strconv.Itoa(p.PID) + "," + strconv.Itoa(leaving.PID)
	cmd := traceProcess(t, &out, "-by", "ptrace", "-pid", pids, "-out", record, "-collector", collector.url, "-spool", t.TempDir())
	crashtest.Eventually(t, "both are watched", func() bool {
		text, err := os.ReadFile(record)
		return err == nil && bytes.Count(text, []byte(`"via":"ptrace"`)) == 2
	})
	p.Send("die-nested")
	leaving.Send("exit 3")
	_ = p.Wait()       // it dies
	_ = leaving.Wait() // it ends
	if err := cmd.Wait(); err != nil {
		t.Errorf("when nobody was left, it ended with %v", err)
	}
	for _, want := range []string{"died of panic.", ": second at main.init", "replaced by a later panic", "exit status 3 called in main.leave"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
	if text, err := os.ReadFile(record); err != nil || !bytes.Contains(text, []byte(`"type":"event","kind":"panic","via":"ptrace"`)) || !bytes.Contains(text, []byte(`"type":"summary"`)) {
		t.Errorf("%v: %s", err, text)
	}
	std, report := stdio{}, new(strings.Builder)
	std.out, std.err = report, new(strings.Builder)
	if status := run(t.Context(), []string{"trace", "report", record}, std); status != 0 || !strings.Contains(report.String(), "main.leave") {
		t.Errorf("report: %d, %s", status, report)
	}
	crashtest.Eventually(t, "the collector has both", func() bool { return len(issues(t, collector.url)) == 2 })
}
