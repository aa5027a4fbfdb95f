// Package sdk is a library that ends programs.
package sdk

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
)

// A Client is a client.
type Client struct{ key string }

// MustKey reads the key or ends the program.
func MustKey() string {
	k := os.Getenv("SDK_KEY")
	if k == "" {
		fmt.Fprintln(os.Stderr, "SDK_KEY is not set")
		os.Exit(78) // FAULT exit-outside-main #key exit 78
	}
	return k
}

// Check ends the program in a goroutine of its own.
func (c *Client) Check(failed <-chan error) {
	go func() {
		if err := <-failed; err != nil {
			slog.Error("sdk", "err", err)
			syscall.Exit(3) // FAULT exit-outside-main #check exit 3
		}
	}()
}

// Key returns an error.
func Key() (string, error) {
	k := os.Getenv("SDK_KEY")
	if k == "" {
		return "", errors.New("SDK_KEY is not set") // FINE exit-outside-main #keyfixed: an error
	}
	return k, nil
}

// Exit is a function of the caller.
func (c *Client) Exit(code int, exit func(int)) {
	exit(code) // FINE exit-outside-main #exit: the caller's
}
