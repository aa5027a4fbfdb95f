// Package payment charges customers through the payment provider.
package payment

import (
	"context"
	"fmt"

	"github.com/backstop-go/backstop"

	"github.com/backstop-go/backstop/examples/shop/acmepay"
)

// A Gateway charges cards.
type Gateway struct{ client acmepay.Client }

// Pay charges a card and returns the provider's receipt number.
func (g *Gateway) Pay(ctx context.Context, card string, cents int64) (string, error) {
	backstop.PointCtx(ctx, "payment.charge") // for drills and `backstop lab compat`
	charge, err := g.client.Charge(ctx, card, cents)
	if err != nil {
		return "", fmt.Errorf("pay %d cents: %w", cents, err)
	}
	return charge.Receipt.ID, nil // no receipt when the card was declined
}
