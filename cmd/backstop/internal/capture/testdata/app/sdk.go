//go:build sdk

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/backstop-go/backstop"
)

func start() {
	err := backstop.Start(backstop.Options{DisableMonitor: os.Getenv("CAPTURE_NO_MONITOR") != ""})
	if err != nil {
		fmt.Println("app: start:", err)
	}
}

func stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := backstop.Stop(ctx); err != nil {
		fmt.Println("app: stop:", err)
	}
}

func handle(h http.Handler) http.Handler { return backstop.Handler(h, backstop.HandlerOptions{}) }

func guarded(ctx context.Context, f func()) {
	defer backstop.Guard(ctx)
	f()
}
