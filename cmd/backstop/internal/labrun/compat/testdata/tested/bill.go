// Package tested has points that its tests pass.
package tested

import (
	"context"
	"net/http"

	"github.com/backstop-go/backstop"
)

// Handler writes bills.
func Handler() http.Handler {
	return backstop.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		backstop.PointCtx(r.Context(), "bill.write")
	}), backstop.HandlerOptions{OnPanic: backstop.Answer500})
}

// Archive moves bills away.
func Archive(ctx context.Context) {
	defer backstop.Recover(ctx)
	backstop.Point("bill.archive")
}

// Print has no guard.
func Print() { backstop.Point("bill.print") }
