// Package monitor watches a program from a second process, for the crashes that
// no recover can see. Start with [Start] in the program; the child finds out
// with [Child] that it is one, and then lives in [Run].
//
// The child is the program's own executable, started again with an environment
// variable. It holds the reading end of a pipe that the runtime writes the crash
// into (debug.SetCrashOutput, Go 1.23). When the pipe closes, it asks the kernel
// how the program ended, makes an event of what it knows, spools it and delivers
// it. While the program lives, it delivers what the program's guards spool, so
// that the program itself needs no connection, no timer and no waiting goroutine.
//
// The parent never waits for its child: a goroutine parked in wait4 counts as
// running, and Go's deadlock detector (runtime/proc.go, checkdead) would never
// fire again.
//
// # How the program ended
//
// The program opens a pidfd on itself before it forks; through it the kernel
// tells the exit status even to who is not the parent (PIDFD_GET_INFO, Linux
// 6.15). Until somebody has waited for the program, its status stands in /proc
// as well. Elsewhere the end of the pipe is the end of the program, and how it
// ended stays unknown. A death without a crash text is left to the supervisor
// where there is one; after [Monitor.Close], and when the program became another
// one (execve), nothing is reported.
//
// # What the monitor cannot do
//
// Process 1 of a PID namespace takes every process of the namespace with it
// (pid_namespaces(7)), the monitor as well: in a container whose only process is
// the program, what the guards wrote stays in the spool for the next start, and
// the rest is lost. `backstop run` as process 1 has no such limit. An OOM killer
// that is told to kill whole groups (memory.oom.group) takes the monitor too.
package monitor

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"

	"github.com/backstop-go/backstop/event"
)

// A Config is all the child has to know about the program it watches. It is
// handed over when the child is started, because afterwards it is too late to
// ask.
type Config struct {
	// Event is what every event of this program has: who it is.
	Event event.Evidence `json:"event"`

	Collector  string `json:"collector"` // empty: the spool keeps everything
	Key        string `json:"key"`
	SpoolDir   string `json:"spool_dir"`
	SpoolBytes int64  `json:"spool_bytes"`
	SendValues bool   `json:"send_values"` // do not redact panic values

	// Redact is the program's own, which the child, the same program, has as
	// well; nil when there is none.
	Redact func(string) string `json:"-"`

	// Supervisor is the process that started the program and reports how it
	// ends, 0 when there is none: see supervisor.
	Supervisor int `json:"supervisor,omitempty"`

	// What [Start] finds out and hands over: which of the descriptors are
	// there, and where the linker's image stands in memory.
	PIDFD   bool   `json:"pidfd,omitempty"`
	Table   bool   `json:"table,omitempty"`
	Address uint64 `json:"address,omitempty"`

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

	// envSupervisor is set by `backstop run` for its child, to its own pid.
	envSupervisor = "BACKSTOP_SUPERVISOR"

	crashFD = 3 // reading end of the crash pipe
	nudgeFD = 4 // reading end of the pipe that says: look into the spool
	pidfdFD = 5 // descriptor of the program, Config.PIDFD
	tableFD = 6 // requests in flight, Config.Table
	lastFD  = tableFD
)

// Child reports whether this process was started as a monitor, and for whom.
func Child() (*Config, bool) {
	text, ok := os.LookupEnv(envConfig)
	if !ok {
		return nil, false
	}
	os.Unsetenv(envConfig) //nolint:errcheck // fails for malformed names only
	c := new(Config)
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return nil, false
	}
	if os.Getppid() != c.Event.Process.PID && executable() != c.Exe {
		return nil, false
	}
	return c, true
}

// supervisor returns the pid of the `backstop run` that waits for this process.
// One that waits for a shell in between does not see how we end.
func supervisor() int {
	pid, err := strconv.Atoi(os.Getenv(envSupervisor))
	if err != nil || pid != os.Getppid() {
		return 0
	}
	return pid
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
// and certificates may be configured there, with the monitor's limits. Each
// processor that the runtime may use costs memory, and one is enough.
func environ(parent []string, c *Config) ([]string, error) {
	config, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	// Of two settings of one name the first counts (runtime/runtime.go, gogetenv;
	// syscall/env_unix.go, copyenv).
	own := []string{envConfig + "=" + string(config), "GOMEMLIMIT=64MiB", "GOMAXPROCS=1", "GOGC=100"}
	return append(own, parent...), nil
}
