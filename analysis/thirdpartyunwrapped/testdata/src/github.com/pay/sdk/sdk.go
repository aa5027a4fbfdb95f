// Package sdk is a third-party module.
package sdk

import "context"

// Client talks to a service.
type Client struct{ URL string }

// Charge charges.
func (c *Client) Charge(ctx context.Context, n int) error { return nil }

// Parse parses.
func Parse(s string) (int, error) { return len(s), nil }
