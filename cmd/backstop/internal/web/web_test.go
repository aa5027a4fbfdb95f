package web

import (
	"context"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"

	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func newHandler(t *testing.T, m *memory, o Options) http.Handler {
	t.Helper()
	o.Now = func() time.Time { return now }
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(logWriter{t}, nil))
	}
	return New(m, o)
}

func get(t *testing.T, h http.Handler, url string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
	return w
}

func TestPages(t *testing.T) {
	h := newHandler(t, sampleShop(), Options{})
	for _, url := range []string{"/", "/issues", "/issues/1", "/issues/2", "/issues/3", "/issues/4", "/issues/5", "/issues/6", "/classes"} {
		w := get(t, h, url)
		t.Log(url, w.Code, w.Body.Len())
		if w.Code != 200 {
			t.Error(w.Body.String())
		}
	}
}

type logWriter struct{ t *testing.T }

func (w logWriter) Write(b []byte) (int, error) { w.t.Logf("%s", b); return len(b), nil }

func noResolve(context.Context, int64, issue.Status) error { return nil }
