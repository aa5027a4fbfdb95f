package backstop

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/internal/host"
)

// Options tell Start who reports, and where to. The zero value works: what is
// left empty is taken from the environment, then found out.
type Options struct {
	// Service is the name of the program: BACKSTOP_SERVICE, else the last
	// element of the main package's path, else the name of the executable.
	Service string
	// Release is the version that runs: BACKSTOP_RELEASE, else the version of
	// the main module, else the revision it was built from, else "unknown".
	Release string
	// Environment is where it runs: BACKSTOP_ENVIRONMENT, else "production".
	Environment string
	// Instance tells this process' host or container from others of the
	// service: BACKSTOP_INSTANCE, else the host name.
	Instance string

	// Collector is the URL of `backstop serve`: BACKSTOP_COLLECTOR. When empty,
	// events stay in the spool.
	Collector string
	// Key is the project key the collector asks for: BACKSTOP_KEY.
	Key string

	// SpoolDir is where events wait: BACKSTOP_SPOOL, else backstop/SERVICE in
	// the user's cache directory, the temporary directory or /dev/shm,
	// whichever can be written to first. Processes may share it. Only a
	// directory that outlives the container survives a container's death.
	SpoolDir string
	// SpoolBytes bounds the spool; 64 MiB when 0.
	SpoolBytes int64

	// Logger is told when the SDK has to work with less than it wants to, and
	// nothing else. nil is silence.
	Logger *slog.Logger

	// DisableMonitor leaves out the second process: crashes that recover
	// cannot catch then go unreported, and nobody says how the process ended.
	// It is left out in test binaries (named *.test) as well, because
	// everything before Start would run twice.
	DisableMonitor bool

	// DisableInFlight leaves out the table of requests in flight, which tells
	// which request a fatal error belongs to and which ones a kill cut off. It
	// costs a request about 100 ns and the program at most 2 MiB of shared
	// memory. The request then travels in the context, at two allocations.
	DisableInFlight bool

	// Labels puts the request on the goroutine that serves it as labels too
	// (runtime/pprof): goroutines that outlive their handler keep them, and
	// from Go 1.26 a traceback shows them; Start then appends
	// tracebacklabels=1 to GODEBUG. Labels cost a request about 200 ns and
	// three allocations, and a CPU profile taken meanwhile has an entry for
	// each request. Where there is no table of requests in flight, Go 1.26 and
	// later use labels in its place.
	Labels bool

	// PanicOnFault makes a fault at an address that is no nil pointer a panic
	// (runtime/debug.SetPanicOnFault) in what Handler, Go and Group call, which
	// guards then report: a read of a memory-mapped file that was cut short,
	// say. Without it, the program dies of such a fault. What damaged memory
	// may have done more harm by then.
	PanicOnFault bool

	// TraceID returns the trace id of a context, 32 lower-case hexadecimal
	// digits, or "". It is asked when a request has no valid traceparent
	// header. contrib/otel has one for OpenTelemetry.
	TraceID func(context.Context) string

	// SendValues sends panic values as they are. By default what looks like a
	// secret or like personal data is masked in them, and in the crash text
	// that the monitor reads, before it leaves the process; docs/privacy.md
	// lists what is sent. BACKSTOP_SEND_VALUES=1 does the same.
	SendValues bool
	// Redact changes the text of panic values further before it is sent, also
	// in the crash text that the monitor reads: it is the same program.
	// Nothing is left of a text in which Redact panics.
	Redact func(string) string

	// Traceback is the level for runtime/debug.SetTraceback. When empty, a crash
	// shows every goroutine ("all") while there are at most 10,000 of them,
	// and only the crashing one beyond: more text makes dying slower, 0.4 s for
	// 10,000 idle goroutines and 4.5 s for 100,000. "system" adds the frames of
	// the runtime, also to what runtime/debug.Stack returns. A GOTRACEBACK in
	// the environment wins.
	Traceback string
}

// setDefaults fills in what is empty.
func (o *Options) setDefaults() {
	fill(&o.Service, "BACKSTOP_SERVICE", serviceName)
	fill(&o.Release, "BACKSTOP_RELEASE", host.Release)
	fill(&o.Environment, "BACKSTOP_ENVIRONMENT", func() string { return "production" })
	fill(&o.Instance, "BACKSTOP_INSTANCE", instanceName)
	fill(&o.Collector, "BACKSTOP_COLLECTOR", nil)
	fill(&o.Key, "BACKSTOP_KEY", nil)
	fill(&o.SpoolDir, "BACKSTOP_SPOOL", nil)
	if v := getenv("BACKSTOP_SEND_VALUES"); v != "" && v != "0" {
		o.SendValues = true
	}
}

// getenv reads the environment, unless whoever wrote that has fewer rights than
// the program.
func getenv(name string) string {
	if privileged() {
		return ""
	}
	return os.Getenv(name)
}

// privileged reports whether the program has more rights than who started it
// (set-user-ID, set-group-ID): then the environment names no file to be written,
// no program to be one of ours and nobody to be told.
//
//go:noinline // for the size of programs
func privileged() bool { return os.Getuid() != os.Geteuid() || os.Getgid() != os.Getegid() }

var errPrivileged = errors.New("the program has more rights than who started it")

// fill fills in a field that is empty.
//
//go:noinline // for the size of programs
func fill(field *string, env string, otherwise func() string) {
	if *field == "" {
		*field = getenv(env)
	}
	if *field == "" && otherwise != nil {
		*field = otherwise()
	}
}

// serviceName guesses from the build: the import path of the main package ends
// in the name of the program, a major version apart.
func serviceName() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Path != "" && info.Path != "command-line-arguments" {
		base := path.Base(info.Path)
		if isMajorVersion(base) {
			base = path.Base(path.Dir(info.Path))
		}
		return base
	}
	return executableName()
}

func isMajorVersion(s string) bool {
	digits, ok := strings.CutPrefix(s, "v")
	_, err := strconv.Atoi(digits)
	return ok && err == nil
}

func executableName() string {
	name := "unknown"
	if len(os.Args) > 0 && os.Args[0] != "" {
		name = filepath.Base(os.Args[0])
	}
	return strings.TrimSuffix(name, ".exe")
}

// inTestBinary goes by the name that `go test` gives its binaries.
func inTestBinary() bool { return strings.HasSuffix(executableName(), ".test") }

func instanceName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// spoolDirs lists where a spool may be, best first; "" is nowhere. Containers often
// have a read-only root file system, no home, and yet a writable /dev/shm.
func (o *Options) spoolDirs() (dirs [4]string) {
	dirs[0] = o.SpoolDir
	if privileged() {
		return dirs // all others are named by the environment
	}
	leaf := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, o.Service)
	leaf = strings.TrimLeft(leaf, ".")
	if leaf == "" {
		leaf = "unknown"
	}
	if cache, err := os.UserCacheDir(); err == nil {
		dirs[1] = filepath.Join(cache, "backstop", leaf)
	}
	// Shared directories: the user is part of the name, and the spool refuses
	// a directory that somebody else has made.
	mine := "backstop-" + strconv.Itoa(os.Getuid()) + "-" + leaf
	dirs[2] = filepath.Join(os.TempDir(), mine)
	dirs[3] = filepath.Join("/dev/shm", mine)
	return dirs
}
