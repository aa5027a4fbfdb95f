// Package main is a service that starts in steps.
//
// Incident #stun: tjjh89017/stunmesh-go#10
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
)

type step func(context.Context) error

func fatal(msg string, err error) {
	slog.Error(msg, "err", err)
	os.Exit(1) // FINE exit-skips-defer: nothing deferred here
}

func start(ctx context.Context, steps []step) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	defer os.Remove(filepath.Join(os.TempDir(), "service.ready"))
	for _, s := range steps {
		if err := s(ctx); err != nil {
			fatal("start", err) // FAULT exit-skips-defer #start exit 1
		}
	}
}

func peer(open func() (func() error, error), talk func() error) {
	closeConn, err := open()
	if err != nil {
		log.Fatal(err) // FINE exit-skips-defer: nothing is deferred yet
	}
	defer closeConn()
	if err := talk(); err != nil {
		log.Fatalf("talk: %v", err) // FAULT exit-skips-defer #stun exit 1
	}
}

func temp(work func(dir string) error) {
	dir, err := os.MkdirTemp("", "service")
	if err != nil {
		fatal("temp", err) // FINE exit-skips-defer: nothing is deferred yet
	}
	defer os.RemoveAll(dir)
	code := 0
	if err := work(filepath.Join(dir, "work")); err != nil {
		code = 3
	}
	os.Exit(code) // FAULT exit-skips-defer #temp exit 3
}

func cleanup(work func() error) {
	dir, err := os.MkdirTemp("", "service")
	if err != nil {
		return
	}
	if err := work(); err != nil {
		os.RemoveAll(dir)
		log.Fatal(err) // FINE exit-skips-defer: cleaned up by hand, nothing is deferred
	}
	os.RemoveAll(dir)
}

func inner(work func() error) {
	func() {
		defer fmt.Println("inner done")
		_ = work()
	}()
	if err := work(); err != nil {
		os.Exit(4) // FINE exit-skips-defer: the defer was of the function literal, which has returned
	}
}

func main() {
	err := errors.Join()
	defer fmt.Println("bye")
	start(context.Background(), nil)
	peer(func() (func() error, error) { return nil, err }, func() error { return nil })
}
