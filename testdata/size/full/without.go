//go:build !sdk

package main

import "net/http"

func start() {}

func wrap(h http.Handler) http.Handler { return h }
