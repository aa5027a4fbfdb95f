package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

func testShop(t *testing.T) *shop {
	t.Helper()
	return newShop("127.0.0.1:1", slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func call(s *shop, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.routes().ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

func TestHealthyRequests(t *testing.T) {
	s := testShop(t)
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 string // somewhere in the response
	}{
		{"GET", "/", "", 200, "Espresso beans"},
		{"GET", "/healthz", "", 200, `"status":"ok"`},
		{"GET", "/products", "", 200, "CF-210"},
		{"GET", "/products?page=3&per_page=5", "", 200, "TE-300"},
		{"GET", "/products/CF-100", "", 200, "1890"},
		{"GET", "/products/XX-999", "", 404, "not found"},
		{"POST", "/products/CF-100/ratings", `{"stars":4}`, 204, ""},
		{"POST", "/products/CF-100/ratings", `{"stars":5}`, 204, ""},
		{"POST", "/products/CF-100/ratings", `{"stars":9}`, 400, "one to five"},
		{"GET", "/products/CF-100/rating", "", 200, "4.5"},
		{"GET", "/products/CF-100/image?width=8&height=8", "", 200, "PNG"},
		{"GET", "/products/TE-100/recommendations", "", 200, "TE-110"},
		{"GET", "/categories/lamps/path", "", 200, `["home","desk","lamps"]`},
		{"PUT", "/categories/lamps/parent", `{"parent":"kitchen"}`, 204, ""},
		{"GET", "/categories/lamps/path", "", 200, `["home","kitchen","lamps"]`},
		{"GET", "/search?q=pot", "", 200, "Moka pot"},
		{"PUT", "/carts/ada", `{"items":{"CF-100":1}}`, 204, ""},
		{"POST", "/carts/ada/items", `{"sku":"CF-200","quantity":2}`, 200, `"CF-200":2`},
		{"POST", "/carts/ada/items", `{"sku":"XX-999"}`, 404, "not found"},
		{"GET", "/carts/nobody", "", 404, "cart not found"},
		{"GET", "/coupons/spring-20", "", 200, `"percent":20`},
		{"GET", "/coupons/spring-0", "", 400, "no valid percentage"},
		{"POST", "/checkout", `{"cart":"ada","email":"ada@example.org","card":"4242","coupon":"spring-20"}`, 201, `"cents":10952`},
		{"POST", "/checkout", `{"cart":"nobody"}`, 404, "cart not found"},
		{"POST", "/checkout", `{`, 400, "unexpected end"},
		{"GET", "/orders/export", "", 200, "1,ada@example.org,10952"},
		{"POST", "/webhooks/payment", `{"charge":"ch_1","amount":12.5}`, 204, ""},
		{"POST", "/webhooks/payment", `{"amount":12.5}`, 400, "no charge"},
		{"POST", "/stock/alerts", "", 201, `"id":1`},
		{"POST", "/stock/CF-100", "", 200, `"told":1`},
		{"DELETE", "/stock/alerts/1", "", 204, ""},
		{"DELETE", "/stock/alerts/7", "", 404, "no such alert"},
		{"POST", "/stats/rebuild?shards=1&lines=100", "", 200, `"products":100`},
		{"POST", "/admin/reload", `{"currency":"CHF","free_shipping":9900}`, 200, "CHF"},
	} {
		w := call(s, c.method, c.target, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %d %q, want %d with %q", c.method, c.target, w.Code, w.Body, c.status, c.want)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for s.mailer.Sent() != 1 || s.ledger.Points("ada@example.org") != 99 {
		if time.Now().After(deadline) {
			t.Fatalf("%d mails and %d points, want 1 and 99", s.mailer.Sent(), s.ledger.Points("ada@example.org"))
		}
		time.Sleep(time.Millisecond)
	}
}

// TestBugsArePlanted keeps well-meaning people from mending the shop: each bug
// that a guard can catch is still there. The others end the process, and are
// the business of the demo.
func TestBugsArePlanted(t *testing.T) {
	type request struct{ method, target, body string }
	for _, c := range []struct {
		name  string
		setup []request
		crash request
		want  string
	}{
		{
			"nil map",
			[]request{{"PUT", "/carts/bob", `{}`}},
			request{"POST", "/carts/bob/items", `{"sku":"CF-100"}`},
			"assignment to entry in nil map",
		},
		{"index", nil, request{"GET", "/coupons/WELCOME", ""}, "index out of range [1] with length 1"},
		{
			"nil dereference",
			[]request{{"PUT", "/carts/eve", `{"items":{"CF-100":1}}`}},
			request{"POST", "/checkout", `{"cart":"eve","card":"4000000000000002"}`},
			"nil pointer dereference",
		},
		{
			"closed channel",
			[]request{{"POST", "/stock/alerts", ""}, {"DELETE", "/stock/alerts/1", ""}},
			request{"POST", "/stock/CF-100", ""},
			"send on closed channel",
		},
		{
			"type assertion", nil,
			request{"POST", "/webhooks/payment", `{"charge":"ch_1","amount":"12.50"}`},
			"interface {} is string, not float64",
		},
		{"division by zero", nil, request{"GET", "/products/DK-300/rating", ""}, "integer divide by zero"},
		{"slice bounds", nil, request{"GET", "/products?page=4&per_page=5", ""}, "slice bounds out of range [15:12]"},
	} {
		s := testShop(t)
		for _, r := range c.setup {
			if w := call(s, r.method, r.target, r.body); w.Code >= 400 {
				t.Fatalf("%s: %s %s: %d %s", c.name, r.method, r.target, w.Code, w.Body)
			}
		}
		err, ok := recovered(func() { call(s, c.crash.method, c.crash.target, c.crash.body) }).(runtime.Error)
		if !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: panicked with %v, want %q", c.name, err, c.want)
		}
	}
}

func TestOtherPanics(t *testing.T) {
	s := testShop(t)
	if err, ok := recovered(func() { s.mailer.SendReceipt("ada@", 1, 100) }).(error); !ok || !strings.Contains(err.Error(), "mail: address") {
		t.Errorf("a receipt to a bad address panicked with %v", err)
	}
	if v := recovered(func() { s.ledger.Credit("ada@example.org", 872) }); v == nil || !strings.Contains(fmt.Sprint(v), "makeslice") {
		t.Errorf("points for a small order panicked with %v", v)
	}
	if w := call(s, "GET", "/products/DK-200/recommendations", ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != "null" {
		t.Errorf("a swallowed panic answered %d %q, want 200 and null", w.Code, w.Body)
	}
}

func TestExportAbortsForDeadClient(t *testing.T) {
	s := testShop(t)
	gone := make(chan any, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			gone <- v
			panic(v)
		}()
		s.routes().ServeHTTP(w, r)
	}))
	defer srv.Close()
	if w := call(s, "PUT", "/carts/ada", `{"items":{"CF-100":1}}`); w.Code != 204 {
		t.Fatal(w.Body)
	}
	if w := call(s, "POST", "/checkout", `{"cart":"ada","email":"ada@example.org","card":"4242"}`); w.Code != 201 {
		t.Fatal(w.Body)
	}
	res, err := http.Get(srv.URL + "/orders/export?repeat=100000000")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if v := <-gone; v != http.ErrAbortHandler { //nolint:errorlint // net/http compares the same way
		t.Errorf("the export ended with %v, want http.ErrAbortHandler", v)
	}
}

func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
