package std_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/surface/internal/std"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// The table knows what the surface of services hangs on.
func TestTableTellsOfCallbacks(t *testing.T) {
	all, err := std.Summaries()
	if err != nil {
		t.Fatal(err)
	}
	funcs := make(map[string]*summary.Func)
	for _, s := range all {
		for i := range s.Funcs {
			funcs[s.Funcs[i].Name] = &s.Funcs[i]
		}
	}
	for name, where := range map[string]string{
		"sort.Slice": "caller", "(*sync.Once).Do": "caller", "time.AfterFunc": "goroutine",
		"net/http.HandleFunc": "request", "path/filepath.WalkDir": "caller",
	} {
		f := funcs[name]
		if f == nil || len(f.Callbacks) == 0 || f.Callbacks[0].Where != where {
			t.Errorf("%s: %+v, want a callback that runs in %s", name, f, where)
		}
	}
	for _, name := range []string{"(*net/http.conn).serve", "(*fmt.pp).handleMethods"} {
		if f := funcs[name]; f == nil || f.Guard != summary.Guarded {
			t.Errorf("%s is not guarded", name)
		}
	}
}
