// Package promauto stands for the real one.
package promauto

import "github.com/prometheus/client_golang/prometheus"

// NewCounter makes and registers one.
func NewCounter(o prometheus.CounterOpts) *prometheus.Counter { return prometheus.NewCounter(o) }
