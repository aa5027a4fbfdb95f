// Package loyalty gives points to returning customers.
package loyalty

import (
	"sync"

	"github.com/backstop-go/backstop"
)

// A Ledger keeps points by e-mail address. It is safe for concurrent use.
type Ledger struct {
	mu     sync.Mutex
	points map[string]int
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{points: make(map[string]int)} }

// Credit adds the points for an order: one for every full euro, with the
// first 10 EUR earning nothing. It returns one stamp for each point.
func (l *Ledger) Credit(email string, cents int64) []byte {
	backstop.Point("loyalty.credit")
	points := int(cents-1000) / 100
	stamps := make([]byte, points) // negative for an order under 10 EUR
	l.mu.Lock()
	defer l.mu.Unlock()
	l.points[email] += points
	return stamps
}

// Points returns what a customer has.
func (l *Ledger) Points(email string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.points[email]
}
