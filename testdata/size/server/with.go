//go:build sdk

package main

import (
	"net/http"

	"github.com/backstop-go/backstop"
)

func start() {
	if err := backstop.Start(backstop.Options{}); err != nil {
		panic(err)
	}
}

func wrap(h http.Handler) http.Handler { return backstop.Handler(h, backstop.HandlerOptions{}) }
