package tested

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/backstop-go/backstop"
)

func TestMain(m *testing.M) {
	if err := backstop.Start(backstop.Options{Service: "billing"}); err != nil {
		panic(err)
	}
	code := m.Run()
	backstop.Stop(context.Background())
	os.Exit(code)
}

func TestHandler(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/bills", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}

func TestArchive(*testing.T) { Archive(context.Background()) }

func TestPrint(*testing.T) { Print() }
