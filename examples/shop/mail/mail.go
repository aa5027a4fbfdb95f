// Package mail writes the shop's e-mails. The demo keeps them in memory.
package mail

import (
	"fmt"
	netmail "net/mail"
	"sync"
)

// A Mailer sends receipts. It is safe for concurrent use.
type Mailer struct {
	mu   sync.Mutex
	sent []string
}

// SendReceipt mails the receipt of an order.
func (m *Mailer) SendReceipt(to string, order int, cents int64) {
	address := mustAddress(to)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, fmt.Sprintf("To: %s\nOrder %d, %d.%02d EUR", address, order, cents/100, cents%100))
}

// Sent is the number of mails sent.
func (m *Mailer) Sent() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sent)
}

// mustAddress was written for the addresses in the configuration, where a
// panic at start-up is right. Customers' addresses came later.
func mustAddress(s string) string {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		panic(fmt.Errorf("mail: address %q: %w", s, err))
	}
	return a.Address
}
