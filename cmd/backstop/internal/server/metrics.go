package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// metrics is the collector's own health, backstop_*, and what it counts for
// others, go_panic_total.
type metrics struct {
	registry *prometheus.Registry

	received   prometheus.Counter
	duplicates prometheus.Counter
	rejected   prometheus.Counter
	throttled  prometheus.Counter
	panics     prometheus.Counter
	batches    prometheus.Histogram
	commits    prometheus.Histogram
}

func newMetrics(reader store.Reader, inflight func() float64, log *slog.Logger) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		registry:   prometheus.NewRegistry(),
		received:   counter("backstop_events_received_total", "Events that were acknowledged: new ones and duplicates."),
		duplicates: counter("backstop_events_duplicate_total", "Events that were further observations of known ones."),
		rejected:   counter("backstop_events_rejected_total", "Malformed or oversized events."),
		throttled:  counter("backstop_requests_throttled_total", "Requests answered 429 because too many bytes were in flight."),
		panics:     counter("backstop_panics_total", "Panics of the collector's own code that it survived."),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "backstop_batch_events", Help: "Events per transaction.",
			Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500},
		}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "backstop_commit_seconds", Help: "Time to apply and commit a batch.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5},
		}),
	}
	m.registry.MustRegister(m.received, m.duplicates, m.rejected, m.throttled, m.panics, m.batches, m.commits,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "backstop_inflight_bytes", Help: "Bytes of request bodies in memory."}, inflight),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&panicTotal{reader: reader, log: log})
	return m
}

func (m *metrics) committed(events int, took time.Duration) {
	m.batches.Observe(float64(events))
	m.commits.Observe(took.Seconds())
}

// panicTotal reads go_panic_total from the store at each scrape, so that it is
// exact across restarts and starts at 0 for a service that was just announced.
type panicTotal struct {
	reader store.Reader
	log    *slog.Logger
}

var (
	panicTotalDesc = prometheus.NewDesc("go_panic_total",
		"Crashes of Go processes ever seen, by kind: panic, fatal, signal, kill, exit, race, hang, fragment.",
		[]string{"service", "env", "kind"}, nil)
	droppedDesc = prometheus.NewDesc("backstop_events_lost_total",
		"Events that the senders of a service said they had to give up.", []string{"service"}, nil)
)

func (*panicTotal) Describe(ch chan<- *prometheus.Desc) {
	ch <- panicTotalDesc
	ch <- droppedDesc
}

func (p *panicTotal) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counters, err := p.reader.Counters(ctx)
	if err != nil {
		p.log.Error("read counters", "err", err)
		ch <- prometheus.NewInvalidMetric(panicTotalDesc, errInternal)
		return
	}
	for _, c := range counters {
		ch <- prometheus.MustNewConstMetric(panicTotalDesc, prometheus.CounterValue, float64(c.Peak), c.Service, c.Environment, string(c.Kind))
	}
	services, err := p.reader.Services(ctx)
	if err != nil {
		p.log.Error("read services", "err", err)
		ch <- prometheus.NewInvalidMetric(droppedDesc, errInternal)
		return
	}
	for _, s := range services {
		ch <- prometheus.MustNewConstMetric(droppedDesc, prometheus.CounterValue, float64(s.Dropped), s.Name)
	}
}
