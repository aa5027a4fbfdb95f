// Package monitor watches a program from a second process, for the crashes that
// no recover can see. Start with [Start] in the program; the child finds out
// with [Child] that it is one, and then lives in [Run].
//
// The child is the program's own executable, started again with an environment
// variable. It holds the reading end of a pipe that the runtime writes the crash
// into (debug.SetCrashOutput, Go 1.23). When the pipe closes, it makes an event
// of what it read, spools it and delivers it. While the program lives, it
// delivers what the program's guards spool, so that the program itself needs no
// connection, no timer and no waiting goroutine.
//
// The parent never waits for its child: a goroutine parked in wait4 counts as
// running, and Go's deadlock detector (runtime/proc.go, checkdead) would never
// fire again.
package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/backstop-go/backstop/event"
)

// A Config is all the child has to know about the program it watches. It is
// handed over when the child is started, because afterwards it is too late to
// ask.
type Config struct {
	Service     string        `json:"service"`
	Release     string        `json:"release"`
	Environment string        `json:"environment"`
	Instance    string        `json:"instance"`
	Build       event.Build   `json:"build"`
	Process     event.Process `json:"process"`

	Collector  string `json:"collector"` // empty: the spool keeps everything
	Key        string `json:"key"`
	SpoolDir   string `json:"spool_dir"`
	SpoolBytes int64  `json:"spool_bytes"`

	// Exe is the executable as /proc names it, so that a process that merely
	// inherited the environment of a child does not take itself for one.
	Exe string `json:"exe"`
}

// ErrUnsupported says that this Go version or system has no crash output to
// watch.
var ErrUnsupported = errors.New("a monitor needs Go 1.23 and a Unix system")

// ErrGone says that the child has died.
var ErrGone = errors.New("the monitor is gone")

const (
	envConfig = "BACKSTOP_MONITOR"
	// envLog names a file for the child's standard error, to find out why a
	// monitor does not work. Without it the child is silent.
	envLog = "BACKSTOP_MONITOR_LOG"

	crashFD = 3 // reading end of the crash pipe
	nudgeFD = 4 // reading end of the pipe that says: look into the spool
)

// Child reports whether this process was started as a monitor, and for whom.
func Child() (Config, bool) {
	text, ok := os.LookupEnv(envConfig)
	if !ok {
		return Config{}, false
	}
	os.Unsetenv(envConfig) //nolint:errcheck // fails for malformed names only
	var c Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return Config{}, false
	}
	if os.Getppid() != c.Process.PID && executable() != c.Exe {
		return Config{}, false
	}
	return c, true
}

// executable names the file this process runs, "" when nobody knows.
func executable() string {
	if path, err := os.Readlink("/proc/self/exe"); err == nil {
		return path
	}
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// environ is the environment of the child: the program's own, because proxies
// and certificates may be configured there, with the monitor's limits.
func environ(parent []string, c Config) ([]string, error) {
	config, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("start monitor: %w", err)
	}
	env := make([]string, 0, len(parent)+2)
	for _, kv := range parent {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case envConfig, "GOMEMLIMIT":
			continue
		}
		env = append(env, kv)
	}
	return append(env, envConfig+"="+string(config), "GOMEMLIMIT=64MiB"), nil
}
