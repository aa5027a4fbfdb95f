// Package acmepay stands for the client library of a payment provider: code of
// somebody else, correct by its own documentation.
package acmepay

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
)

// Status is what became of a charge.
type Status string

// The outcomes of a charge.
const (
	Approved Status = "approved"
	Declined Status = "declined"
)

// A Receipt proves a charge.
type Receipt struct {
	ID    string
	Cents int64
}

// A Charge is the provider's answer.
type Charge struct {
	Status  Status
	Receipt *Receipt // nil unless Status is Approved
}

// A Client talks to the provider.
type Client struct{ charges atomic.Int64 }

// Charge charges a card. A declined card is an answer and not an error: err is
// nil, and the charge has no receipt.
func (c *Client) Charge(ctx context.Context, card string, cents int64) (*Charge, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("acmepay: %w", err)
	}
	if strings.HasSuffix(card, "0002") {
		return &Charge{Status: Declined}, nil
	}
	id := fmt.Sprintf("ch_%06d", c.charges.Add(1))
	return &Charge{Status: Approved, Receipt: &Receipt{ID: id, Cents: cents}}, nil
}
