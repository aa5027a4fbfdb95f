// Package plugin runs plugins of customers.
package plugin

import (
	"context"
	"fmt"
	"log"
	"runtime/debug"
)

// A Plugin is code of somebody else.
type Plugin interface {
	Name() string
	Run(ctx context.Context, in map[string]any) error
}

// Run runs a plugin in its goroutine.
func Run(ctx context.Context, p Plugin, in map[string]any, out chan<- error) {
	// ALSO goroutine-unguarded: the assertion stands before the guard
	go func() {
		name := in["name"].(string) // FAULT guard-late #assert panic: interface conversion
		defer func() {
			if v := recover(); v != nil {
				log.Printf("plugin %s: %v\n%s", name, v, debug.Stack())
				out <- fmt.Errorf("plugin %s: %v", name, v)
			}
		}()
		out <- p.Run(ctx, in)
	}()
}

// Call calls f with its argument.
func Call(f func(any) error, args []any) (err error) {
	if len(args) != 1 {
		panic(fmt.Sprintf("%d arguments", len(args))) // FAULT guard-late #explicit panic: 2 arguments
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("call: %v\n%s", v, debug.Stack())
		}
	}()
	return f(args[0])
}

// Start prepares with calls that do not panic, then guards the plugin.
func Start(ctx context.Context, p Plugin, in map[string]any) (err error) {
	ctx, cancel := context.WithCancel(ctx) // FINE guard-late #start: standard calls that do not panic here
	defer cancel()
	if in == nil {
		in = make(map[string]any)
	}
	in["started"] = true
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("plugin: %v\n%s", v, debug.Stack())
		}
	}()
	return p.Run(ctx, in)
}
