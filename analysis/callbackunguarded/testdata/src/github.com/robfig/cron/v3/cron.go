// Package cron stands for the real one.
package cron

// Cron runs jobs.
type Cron struct{ jobs []Job }

// Job is one.
type Job interface{ Run() }

// Option sets something.
type Option func(*Cron)

// New makes one.
func New(opts ...Option) *Cron { return &Cron{} }

// AddFunc adds a function.
func (c *Cron) AddFunc(spec string, cmd func()) (int, error) { return 0, nil }

// AddJob adds a job.
func (c *Cron) AddJob(spec string, cmd Job) (int, error) { return 0, nil }

// Recover makes a wrapper that recovers.
func Recover() Option { return nil }
