// Package backstopprometheus counts panics for Prometheus in the process itself:
// go_panic_total, the counter that the collector has for every service, for what
// the guards of this process captured.
//
//	c := backstopprometheus.New()
//	backstop.OnCrash(c.Count)
//	prometheus.MustRegister(c)
//
// It needs no collector. What ends the process is not in it, for nobody is left
// to be scraped: the collector counts that. Where both are scraped, do not add
// them up.
package backstopprometheus

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/crash"
)

// Name is the name of the counter.
const Name = "go_panic_total"

var desc = prometheus.NewDesc(Name,
	"Panics captured in this process. Of the kinds, only panic can be captured from inside; the others are 0 as in Backstop's collector.",
	[]string{"service", "env", "kind"}, nil)

// A Collector is the counter. Register it with one registry, once.
type Collector struct {
	panics  atomic.Uint64
	created time.Time
	running atomic.Pointer[identity]
}

// An identity is who counts.
type identity struct{ service, env string }

// New returns a counter that is 0.
func New() *Collector { return &Collector{created: time.Now()} }

// Count counts a panic; it is the hook for backstop.OnCrash.
func (c *Collector) Count(context.Context, *backstop.Crash) { c.panics.Add(1) }

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) { ch <- desc }

// Collect implements prometheus.Collector. From backstop.Start on there is a
// series for each kind, so that the first panic is an increase; before, service
// and environment are unknown and there is none.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	id := c.identity()
	if id == nil {
		return
	}
	for _, kind := range crash.Kinds() {
		var n float64
		if kind == crash.KindPanic {
			n = float64(c.panics.Load())
		}
		ch <- prometheus.MustNewConstMetricWithCreatedTimestamp(desc, prometheus.CounterValue, n, c.created,
			id.service, id.env, string(kind))
	}
}

// identity asks the SDK. What was once known stays so after backstop.Stop: a
// counter does not vanish.
func (c *Collector) identity() *identity {
	if o, ok := backstop.Running(); ok {
		c.running.Store(&identity{o.Service, o.Environment})
	}
	return c.running.Load()
}
