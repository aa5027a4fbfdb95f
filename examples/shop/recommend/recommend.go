// Package recommend suggests products to go with another one.
package recommend

import "github.com/backstop-go/backstop/examples/shop/catalog"

// For suggests other products of the same category. A recommendation must
// never break a page, so whatever goes wrong, there just are none. Nor will
// anybody ever hear of what goes wrong: the recover throws it away, and no
// tool inside or around the process can see a panic that its program swallows.
func For(c *catalog.Catalog, sku string) (found []catalog.Product) {
	defer func() {
		if recover() != nil {
			found = nil
		}
	}()
	var same []catalog.Product
	product, _ := c.Product(sku)
	for _, p := range c.Page(1, 1000) {
		if p.Category == product.Category && p.SKU != sku {
			same = append(same, p)
		}
	}
	return same[:2] // a category of one or two has fewer
}
