package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

// giveUpRights leaves this process with what tracing needs: it starts the command
// again, unless it has no more. Where run is called by somebody else than main,
// the process is not ours to restart.
func (f *traceFlags) giveUpRights() error {
	if !ownProcess {
		return nil
	}
	keep := []rights.Capability{rights.SysPtrace, rights.DACReadSearch}
	if f.way() != trace.Ptrace {
		keep = append(keep, rights.BPF, rights.Perfmon)
		if f.freeze || f.catchFirst {
			keep = append(keep, rights.Kill)
		}
		if bpf.OneByOne() {
			keep = append(keep, rights.SysAdmin)
		}
	}
	for _, path := range f.writes() {
		if foreign(path) {
			keep = append(keep, rights.DACOverride)
		}
	}
	if err := rights.Keep(keep...); err != nil {
		return withHint(fmt.Errorf("trace: %w", err), "nothing was traced: it is not done with more rights than it needs")
	}
	return nil
}

// writes are the files and directories that will be written to.
func (f *traceFlags) writes() (paths []string) {
	if f.out != "" {
		paths = append(paths, f.out)
	}
	if f.freeze {
		paths = append(paths, f.freezeDir)
	}
	if f.spool != "" {
		paths = append(paths, f.spool)
	}
	return paths
}

// foreign reports whether a file, or the first directory above it that exists,
// belongs to somebody else, whose permissions root ignores as long as it may.
func foreign(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return true
	}
	for ; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err == nil {
			st, ok := info.Sys().(*syscall.Stat_t)
			return !ok || int(st.Uid) != os.Geteuid() && info.Mode().Perm()&0o002 == 0 || !info.IsDir() && foreign(filepath.Dir(path))
		}
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return true
		}
	}
}
