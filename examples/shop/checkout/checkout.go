// Package checkout turns a cart into an order: it reserves the stock, takes the
// money and remembers what was bought.
package checkout

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/backstop-go/backstop/examples/shop/cart"
	"github.com/backstop-go/backstop/examples/shop/catalog"
	"github.com/backstop-go/backstop/examples/shop/coupon"
	"github.com/backstop-go/backstop/examples/shop/payment"
)

// ErrSoldOut is returned when there is less in stock than in the cart.
var ErrSoldOut = errors.New("sold out")

// An Order has been paid.
type Order struct {
	ID      int    `json:"id"`
	Email   string `json:"email"`
	Cents   int64  `json:"cents"`
	Receipt string `json:"receipt"`
}

// A Request is what a customer sends at the till.
type Request struct {
	Cart   string `json:"cart"`
	Email  string `json:"email"`
	Card   string `json:"card"`
	Coupon string `json:"coupon"`
}

// A Till takes orders. It is safe for concurrent use.
type Till struct {
	catalog *catalog.Catalog
	carts   *cart.Store
	gateway payment.Gateway

	mu     sync.Mutex
	stock  map[string]int
	orders []Order
}

// NewTill returns a till with ten of everything in stock.
func NewTill(c *catalog.Catalog, carts *cart.Store) *Till {
	t := &Till{catalog: c, carts: carts, stock: make(map[string]int)}
	for _, p := range c.Page(1, 1000) {
		t.stock[p.SKU] = 10
	}
	return t
}

// Buy orders what is in a cart.
func (t *Till) Buy(ctx context.Context, req Request) (Order, error) {
	c, err := t.carts.Get(req.Cart)
	if err != nil {
		return Order{}, err
	}
	cents, err := t.price(c, req.Coupon)
	if err != nil {
		return Order{}, err
	}
	if err := t.reserve(c); err != nil {
		return Order{}, err
	}
	receipt, err := t.gateway.Pay(ctx, req.Card, cents)
	if err != nil {
		return Order{}, fmt.Errorf("order: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	order := Order{ID: len(t.orders) + 1, Email: req.Email, Cents: cents, Receipt: receipt}
	t.orders = append(t.orders, order)
	return order, nil
}

// Orders lists the orders taken so far.
func (t *Till) Orders() []Order {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Order(nil), t.orders...)
}

func (t *Till) price(c cart.Cart, code string) (int64, error) {
	var cents int64
	for sku, quantity := range c.Items {
		p, err := t.catalog.Product(sku)
		if err != nil {
			return 0, fmt.Errorf("price of %s: %w", sku, err)
		}
		cents += p.Price * int64(quantity)
	}
	if code == "" {
		return cents, nil
	}
	off, err := coupon.Parse(code)
	if err != nil {
		return 0, err
	}
	return cents - off.Off(cents), nil
}

// reserve takes everything in the cart out of the stock, or nothing.
func (t *Till) reserve(c cart.Cart) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for sku, quantity := range c.Items {
		if t.stock[sku] < quantity {
			t.mu.Unlock() // left over from before the defer was added
			return fmt.Errorf("%s: %w", sku, ErrSoldOut)
		}
	}
	for sku, quantity := range c.Items {
		t.stock[sku] -= quantity
	}
	return nil
}
