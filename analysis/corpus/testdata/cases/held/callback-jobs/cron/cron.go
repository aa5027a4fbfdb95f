// Package cron runs jobs, each in a goroutine, and recovers nothing.
package cron

import "errors"

// A Job is a job.
type Job interface{ Run() }

type funcJob func()

func (f funcJob) Run() { f() }

// A Cron holds jobs.
type Cron struct{ jobs []Job }

// New makes a cron.
func New() *Cron { return &Cron{} }

// AddFunc adds a function.
func (c *Cron) AddFunc(spec string, f func()) error { return c.AddJob(spec, funcJob(f)) }

// AddJob adds a job.
func (c *Cron) AddJob(spec string, j Job) error {
	if spec == "" {
		return errors.New("cron: no spec")
	}
	c.jobs = append(c.jobs, j)
	return nil
}

// Start runs all.
func (c *Cron) Start() {
	for _, j := range c.jobs {
		go j.Run()
	}
}
