// Package prometheus stands for the real one.
package prometheus

// Collector is one.
type Collector interface{ Collect() }

// Labels are constant.
type Labels map[string]string

// CounterOpts name a counter.
type CounterOpts struct {
	Namespace, Subsystem, Name, Help string
	ConstLabels                      Labels
}

// Counter counts.
type Counter struct{ n int }

// Collect does nothing.
func (c *Counter) Collect() {}

// NewCounter makes one.
func NewCounter(o CounterOpts) *Counter { return &Counter{} }

// Registry is one.
type Registry struct{ n int }

// NewRegistry makes one.
func NewRegistry() *Registry { return &Registry{} }

// MustRegister panics.
func (r *Registry) MustRegister(cs ...Collector) {}

// MustRegister panics.
func MustRegister(cs ...Collector) {}
