//go:build go1.26

package mark_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/mark"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Program{"guarded": guarded})
}

func guarded(args []string) {
	err := backstop.Start(backstop.Options{Service: "svc", SpoolDir: args[0], DisableMonitor: true})
	if err != nil {
		os.Exit(3)
	}
	backstop.OnCrash(mark.Labels())
	defer backstop.Guard(context.Background())
	panic(`a "value" with [brackets], {braces} and \`)
}

// TestLabelsInTraceback lets a program die of a panic that was marked: the
// traceback shows the labels, and can still be read.
func TestLabelsInTraceback(t *testing.T) {
	r := crashtest.Run(t, "guarded", crashtest.Options{
		Args: []string{t.TempDir()}, Env: []string{"GODEBUG=tracebacklabels=1"},
	})
	if r.Exit != 2 || r.Hung {
		t.Fatalf("exit %d, hung %v: %s", r.Exit, r.Hung, r.Stderr)
	}
	report, err := crash.Parse(strings.NewReader(r.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	g := report.CrashGoroutine()
	if g == nil || len(report.Problems) > 0 {
		t.Fatalf("goroutine %v, problems %v: %s", g, report.Problems, r.Stderr)
	}
	if got, want := g.Labels[mark.PanicValue], "string: a 'value' with (brackets), (braces) and /"; got != want {
		t.Errorf("label %q, want %q", got, want)
	}
	if got, want := g.Labels[mark.StackHash], crash.StackHash(report); got != want || want == "" {
		t.Errorf("label %q, the traceback's stack hash is %q:\n%s", got, want, r.Stderr)
	}
}
