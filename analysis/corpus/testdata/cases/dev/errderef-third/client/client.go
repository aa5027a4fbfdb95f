// Package client talks to a store.
package client

import (
	"context"
	"errors"
	"time"
)

// ErrMissing means that there is no such object.
var ErrMissing = errors.New("client: missing")

// An Object is what the store has.
type Object struct {
	Size     int64
	Modified time.Time
}

// A Client is a client.
type Client struct{ objects map[string]*Object }

// New makes a client.
func New(objects map[string]*Object) *Client { return &Client{objects} }

// Head looks at an object.
func (c *Client) Head(ctx context.Context, key string) (*Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o, ok := c.objects[key]
	if !ok {
		return nil, ErrMissing
	}
	return o, nil
}
