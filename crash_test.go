package backstop

import (
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestCrashesAreDelivered(t *testing.T) {
	for name, want := range map[string]struct{ exit, events int }{
		"panic":          {2, 1},
		"guarded":        {2, 2},
		"recovered":      {0, 1},
		"concurrent-map": {2, 1},
		"serve-panic":    {0, 1},
		"serve-stray":    {2, 1},
		"clean-exit":     {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := crashtest.NewCollector(t)
			r := crashtest.Run(t, name, crashtest.Options{Env: []string{"BACKSTOP_COLLECTOR=" + c.URL}})
			if r.Exit != want.exit || r.Hung {
				t.Errorf("exit %d (hung: %v), want %d\n%s", r.Exit, r.Hung, want.exit, r.Stderr)
			}
			crashtest.Eventually(t, "all events arrive", func() bool { return len(c.Events()) >= want.events })
			decode(t, c.Events())
		})
	}
}
