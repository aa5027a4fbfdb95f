//go:build !sdk

package main

import (
	"context"
	"net/http"
)

func start() {}

func stop() {}

func handle(h http.Handler) http.Handler { return h }

func guarded(_ context.Context, f func()) { f() }
