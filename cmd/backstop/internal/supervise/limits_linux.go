package supervise

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func (l Limits) supported() error { return nil }

// apply sets the limits of a running process.
func (l Limits) apply(pid int) error {
	for _, r := range []struct {
		name     string
		resource int
		value    uint64
		set      bool
	}{
		{"RLIMIT_AS", unix.RLIMIT_AS, l.AddressSpace, l.AddressSpace > 0},
		{"RLIMIT_DATA", unix.RLIMIT_DATA, l.Data, l.Data > 0},
		{"RLIMIT_FSIZE", unix.RLIMIT_FSIZE, l.FileSize, l.FileSize > 0},
		{"RLIMIT_NOFILE", unix.RLIMIT_NOFILE, l.OpenFiles, l.OpenFiles > 0},
		{"RLIMIT_CORE", unix.RLIMIT_CORE, 0, l.NoCore},
	} {
		if !r.set {
			continue
		}
		limit := unix.Rlimit{Cur: r.value, Max: r.value}
		if err := unix.Prlimit(pid, r.resource, &limit, nil); err != nil {
			return fmt.Errorf("set %s to %d: %w", r.name, r.value, err)
		}
	}
	return nil
}
