package backstopprometheus_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/backstop-go/backstop"
	backstopprometheus "github.com/backstop-go/backstop/contrib/prometheus"
)

func start(t *testing.T) (stop func()) {
	t.Helper()
	err := backstop.Start(backstop.Options{Service: "shop", Environment: "test", SpoolDir: t.TempDir(), DisableMonitor: true})
	if err != nil {
		t.Fatal(err)
	}
	stop = func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		backstop.Stop(ctx) //nolint:errcheck // nobody is to get the events
	}
	t.Cleanup(stop)
	return stop
}

// series is what a scrape has to show.
func series(panics int) string {
	var b strings.Builder
	for _, kind := range []string{"exit", "fatal", "fragment", "hang", "kill", "panic", "race", "signal"} {
		n := 0
		if kind == "panic" {
			n = panics
		}
		fmt.Fprintf(&b, "go_panic_total{env=\"test\",kind=\"%s\",service=\"shop\"} %d\n", kind, n)
	}
	return b.String()
}

func scrape(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s, %v: %s", resp.Status, err, body)
	}
	return string(body)
}

func samples(page string) string {
	var b strings.Builder
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "go_panic_total{") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// TestScrape scrapes a program before it starts Backstop, before a panic, after
// some, and after Stop.
func TestScrape(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	c := backstopprometheus.New()
	t.Cleanup(backstop.OnCrash(c.Count))
	registry.MustRegister(c)
	srv := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer srv.Close()

	if got := samples(scrape(t, srv.URL)); got != "" {
		t.Errorf("series of an unknown service:\n%s", got)
	}
	stop := start(t)
	if got, want := samples(scrape(t, srv.URL)), series(0); got != want {
		t.Errorf("before a panic:\n%swant\n%s", got, want)
	}
	const n = 100
	var wg sync.WaitGroup
	for range n {
		wg.Add(1)
		backstop.Go(context.Background(), func(context.Context) {
			defer wg.Done()
			defer backstop.Recover()
			panic("storm")
		})
	}
	wg.Wait()
	handler := backstop.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), backstop.HandlerOptions{})
	func() {
		defer func() { recover() }()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	if got, want := samples(scrape(t, srv.URL)), series(n); got != want {
		t.Errorf("after %d panics:\n%swant\n%s", n, got, want)
	}
	stop()
	if got, want := samples(scrape(t, srv.URL)), series(n); got != want {
		t.Errorf("after Stop:\n%swant\n%s", got, want)
	}
}

func TestLint(t *testing.T) {
	start(t)
	c := backstopprometheus.New()
	if problems, err := testutil.CollectAndLint(c); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if n := testutil.CollectAndCount(c, backstopprometheus.Name); n != 8 {
		t.Errorf("%d series", n)
	}
}

func TestRegisteredOnce(t *testing.T) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(backstopprometheus.New()); err != nil {
		t.Fatal(err)
	}
	if err := registry.Register(backstopprometheus.New()); err == nil {
		t.Error("two counters of one name in one registry")
	}
}
