package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"

	"github.com/backstop-go/backstop/examples/shop/cart"
	"github.com/backstop-go/backstop/examples/shop/catalog"
	"github.com/backstop-go/backstop/examples/shop/checkout"
	"github.com/backstop-go/backstop/examples/shop/config"
	"github.com/backstop-go/backstop/examples/shop/loyalty"
	"github.com/backstop-go/backstop/examples/shop/mail"
	"github.com/backstop-go/backstop/examples/shop/search"
	"github.com/backstop-go/backstop/examples/shop/stock"
)

// maxBody is the largest request body the shop reads, in bytes.
const maxBody = 1 << 20

// A shop is the service: all of its parts, and the handlers over them.
type shop struct {
	log     *slog.Logger
	catalog *catalog.Catalog
	carts   *cart.Store
	till    *checkout.Till
	mailer  *mail.Mailer
	ledger  *loyalty.Ledger
	feed    *stock.Feed
	search  *search.Searcher
	config  *config.Config
}

func newShop(ranking string, log *slog.Logger) *shop {
	c := catalog.Sample()
	carts := cart.NewStore()
	return &shop{
		log:     log,
		catalog: c,
		carts:   carts,
		till:    checkout.NewTill(c, carts),
		mailer:  new(mail.Mailer),
		ledger:  loyalty.NewLedger(),
		feed:    stock.NewFeed(),
		search:  &search.Searcher{Catalog: c, Ranking: ranking},
		config:  config.Default(),
	}
}

func (s *shop) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.front)
	mux.HandleFunc("GET /healthz", s.health)

	mux.HandleFunc("GET /products", s.products)
	mux.HandleFunc("GET /products/{sku}", s.product)
	mux.HandleFunc("GET /products/{sku}/rating", s.rating)
	mux.HandleFunc("POST /products/{sku}/ratings", s.rate)
	mux.HandleFunc("GET /products/{sku}/image", s.image)
	mux.HandleFunc("GET /products/{sku}/recommendations", s.recommendations)
	mux.HandleFunc("GET /categories/{id}/path", s.categoryPath)
	mux.HandleFunc("PUT /categories/{id}/parent", s.moveCategory)
	mux.HandleFunc("GET /search", s.find)

	mux.HandleFunc("PUT /carts/{id}", s.restoreCart)
	mux.HandleFunc("GET /carts/{id}", s.getCart)
	mux.HandleFunc("POST /carts/{id}/items", s.addToCart)
	mux.HandleFunc("GET /coupons/{code}", s.coupon)
	mux.HandleFunc("POST /checkout", s.checkout)
	mux.HandleFunc("GET /orders/export", s.exportOrders)
	mux.HandleFunc("POST /webhooks/payment", s.paymentWebhook)

	mux.HandleFunc("POST /stock/alerts", s.subscribe)
	mux.HandleFunc("DELETE /stock/alerts/{id}", s.unsubscribe)
	mux.HandleFunc("POST /stock/{sku}", s.restock)
	mux.HandleFunc("POST /stats/rebuild", s.rebuildStats)
	mux.HandleFunc("POST /admin/reload", s.reload)
	return mux
}

func (s *shop) health(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, map[string]any{"status": "ok", "pid": os.Getpid()})
}

// reply writes a value as JSON.
func (s *shop) reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		s.log.Error("write response", "err", err)
	}
}

// fail is the one place where an error becomes a status.
func (s *shop) fail(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	switch {
	case errors.Is(err, catalog.ErrNotFound), errors.Is(err, cart.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, checkout.ErrSoldOut):
		status = http.StatusConflict
	}
	s.reply(w, status, map[string]string{"error": err.Error()})
}

// read decodes the JSON body of a request. It reports whether it could.
func (s *shop) read(w http.ResponseWriter, r *http.Request, into any) bool {
	data, ok := s.body(w, r)
	if !ok {
		return false
	}
	if err := json.Unmarshal(data, into); err != nil {
		s.fail(w, err)
		return false
	}
	return true
}

func (s *shop) body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.fail(w, err)
		return nil, false
	}
	return data, true
}

// number reads a positive number from the query, with a value for none.
func number(r *http.Request, name string, none int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return none
	}
	return n
}
