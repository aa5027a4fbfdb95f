package backstop

import (
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
	// cannot catch then go unreported. It is left out in test binaries (named
	// *.test) as well, because everything before Start would run twice.
	DisableMonitor bool

	// DisableLabels leaves out the goroutine labels that let a crash name its
	// request from Go 1.26 on. Labels cost about 300 ns a request, and a CPU
	// profile taken meanwhile has an entry for each request.
	DisableLabels bool

	// Traceback is the level for runtime/debug.SetTraceback: "all" when empty,
	// so that a crash shows every goroutine. A GOTRACEBACK in the environment
	// wins. More text makes dying slower: measured with idle goroutines and a
	// reader that keeps up, 10,000 of them take 0.4 s at "all" against 0.1 s at
	// "single", 100,000 take 4.5 s against 0.6 s.
	Traceback string
}

func (o Options) withDefaults() Options {
	fill := func(field *string, env string, otherwise func() string) {
		if *field == "" {
			*field = os.Getenv(env)
		}
		if *field == "" && otherwise != nil {
			*field = otherwise()
		}
	}
	fill(&o.Service, "BACKSTOP_SERVICE", serviceName)
	fill(&o.Release, "BACKSTOP_RELEASE", host.Release)
	fill(&o.Environment, "BACKSTOP_ENVIRONMENT", func() string { return "production" })
	fill(&o.Instance, "BACKSTOP_INSTANCE", instanceName)
	fill(&o.Collector, "BACKSTOP_COLLECTOR", nil)
	fill(&o.Key, "BACKSTOP_KEY", nil)
	fill(&o.SpoolDir, "BACKSTOP_SPOOL", nil)
	if o.Traceback == "" {
		o.Traceback = "all"
	}
	return o
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

// spoolDirs lists where a spool may be, best first. Containers often have a
// read-only root file system, no home, and yet a writable /dev/shm.
func spoolDirs(service string) []string {
	leaf := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, service)
	leaf = strings.TrimLeft(leaf, ".")
	if leaf == "" {
		leaf = "unknown"
	}
	var dirs []string
	if cache, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "backstop", leaf))
	}
	// Shared directories: the user is part of the name, and the spool refuses
	// a directory that somebody else has made.
	mine := "backstop-" + strconv.Itoa(os.Getuid()) + "-" + leaf
	return append(dirs, filepath.Join(os.TempDir(), mine), filepath.Join("/dev/shm", mine))
}
