package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/backstop-go/backstop"

	"github.com/backstop-go/backstop/examples/shop/checkout"
	"github.com/backstop-go/backstop/examples/shop/coupon"
	"github.com/backstop-go/backstop/examples/shop/webhook"
)

func (s *shop) restoreCart(w http.ResponseWriter, r *http.Request) {
	saved, ok := s.body(w, r)
	if !ok {
		return
	}
	if err := s.carts.Restore(r.PathValue("id"), saved); err != nil {
		s.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *shop) getCart(w http.ResponseWriter, r *http.Request) {
	c, err := s.carts.Get(r.PathValue("id"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.reply(w, http.StatusOK, c)
}

func (s *shop) addToCart(w http.ResponseWriter, r *http.Request) {
	var body struct {
		SKU      string
		Quantity int
	}
	if !s.read(w, r, &body) {
		return
	}
	if _, err := s.catalog.Product(body.SKU); err != nil {
		s.fail(w, err)
		return
	}
	s.carts.Add(r.PathValue("id"), body.SKU, max(body.Quantity, 1))
	s.getCart(w, r)
}

func (s *shop) coupon(w http.ResponseWriter, r *http.Request) {
	c, err := coupon.Parse(r.PathValue("code"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.reply(w, http.StatusOK, c)
}

// checkout takes an order and leaves the rest to two goroutines: one with a
// guard, and one without.
func (s *shop) checkout(w http.ResponseWriter, r *http.Request) {
	var req checkout.Request
	if !s.read(w, r, &req) {
		return
	}
	order, err := s.till.Buy(r.Context(), req)
	if err != nil {
		s.fail(w, err)
		return
	}
	backstop.Go(r.Context(), func(context.Context) { s.ledger.Credit(order.Email, order.Cents) })
	go s.mailer.SendReceipt(order.Email, order.ID, order.Cents) // a panic in there ends the shop
	s.reply(w, http.StatusCreated, order)
}

// exportOrders streams the orders as CSV. A client that went away is told so in
// the way net/http provides for.
func (s *shop) exportOrders(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/csv")
	for i := 0; i < number(r, "repeat", 1); i++ {
		for _, o := range s.till.Orders() {
			if _, err := fmt.Fprintf(w, "%d,%s,%d\n", o.ID, o.Email, o.Cents); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

func (s *shop) paymentWebhook(w http.ResponseWriter, r *http.Request) {
	data, ok := s.body(w, r)
	if !ok {
		return
	}
	p, err := webhook.Decode(data)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.log.Info("payment settled", "charge", p.Charge, "cents", p.Cents)
	w.WriteHeader(http.StatusNoContent)
}

func (s *shop) subscribe(w http.ResponseWriter, _ *http.Request) {
	id, _ := s.feed.Subscribe()
	s.reply(w, http.StatusCreated, map[string]int{"id": id})
}

func (s *shop) unsubscribe(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.feed.Unsubscribe(id) {
		s.reply(w, http.StatusNotFound, map[string]string{"error": "no such alert"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *shop) restock(w http.ResponseWriter, r *http.Request) {
	sku := r.PathValue("sku")
	if _, err := s.catalog.Product(sku); err != nil {
		s.fail(w, err)
		return
	}
	s.reply(w, http.StatusOK, map[string]int{"told": s.feed.Publish(sku)})
}

func (s *shop) reload(w http.ResponseWriter, r *http.Request) {
	data, ok := s.body(w, r)
	if !ok {
		return
	}
	s.config.Reload(data)
	s.reply(w, http.StatusOK, s.config.Settings())
}
