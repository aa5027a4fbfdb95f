// Package b gives its scheduler a guard.
package b

import (
	"strings"

	"github.com/robfig/cron/v3"
)

func start(line string) {
	c := cron.New(cron.Recover())
	c.AddFunc("@hourly", func() { println(strings.Split(line, ":")[1]) }) // the scheduler recovers
}
