// Package jobs schedules jobs of tenants.
//
// Incident #scalingo,#scalingofixed: Scalingo/go-etcd-cron#2
// Incident #dcron: libi/dcron#21
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"corpus.test/held/callback-jobs/cron"
)

// A Job is a job of a tenant.
type Job struct {
	Tenant string
	Spec   map[string]any
}

type scheduler struct {
	cron  *cron.Cron
	mu    sync.Mutex
	seen  []string
	timer *time.Timer
}

// New makes a scheduler.
func New() *scheduler { return &scheduler{cron: cron.New()} }

func (s *scheduler) run(j Job) {
	target := j.Spec["target"].(string)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, target)
}

// Add adds a job.
func (s *scheduler) Add(raw []byte) error {
	var j Job
	if err := json.Unmarshal(raw, &j); err != nil {
		return err
	}
	return s.cron.AddFunc("@daily", func() { s.run(j) }) // FAULT callback-unguarded|goroutine-unguarded #scalingo dies: interface conversion
}

func (s *scheduler) tick() {
	last := s.seen[len(s.seen)-1]
	log.Print(last)
	s.timer.Reset(time.Minute)
}

// Start ticks.
func (s *scheduler) Start() {
	s.timer = time.AfterFunc(time.Millisecond, s.tick) // FAULT callback-unguarded #dcron dies: index out of range
}

type each struct{ s *scheduler }

// Run is the method that the cron calls.
func (e each) Run() { panic(fmt.Errorf("jobs: %d", len(e.s.seen))) }

// AddJob adds a value with a method.
func (s *scheduler) AddJob() error {
	return s.cron.AddJob("@hourly", each{s}) // FAULT callback-unguarded #iface dies: jobs: 0
}

// AddFixed guards the job.
func (s *scheduler) AddFixed(raw []byte) error {
	var j Job
	if err := json.Unmarshal(raw, &j); err != nil {
		return err
	}
	return s.cron.AddFunc("@daily", func() { // FINE callback-unguarded, goroutine-unguarded #scalingofixed: guarded
		defer func() {
			if v := recover(); v != nil {
				log.Printf("job of %s: %v\n%s", j.Tenant, v, debug.Stack())
			}
		}()
		s.run(j)
	})
}

// Index finds in place.
func (s *scheduler) Index(name string) int {
	return slices.IndexFunc(s.seen, func(n string) bool { return n[0] == name[0] }) // FINE callback-unguarded: called in place
}

// Handle is called by the server, which recovers.
func (s *scheduler) Handle(mux *http.ServeMux) {
	mux.HandleFunc("/run", func(w http.ResponseWriter, r *http.Request) { // FINE callback-unguarded: the server recovers
		s.run(Job{Tenant: r.FormValue("tenant")})
	})
}

// Stop ends with the context.
func (s *scheduler) Stop(ctx context.Context) func() bool {
	return context.AfterFunc(ctx, func() { // FINE callback-unguarded #stop: stops a timer that is there
		if s.timer != nil {
			s.timer.Stop()
		}
	})
}
