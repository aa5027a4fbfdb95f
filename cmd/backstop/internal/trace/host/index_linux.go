package host

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/internal/gobin"
)

// identityOf is what tells a file from others.
func identityOf(info os.FileInfo) (Identity, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Identity{}, fmt.Errorf("%s: its inode is not known", info.Name())
	}
	return Identity{uint64(st.Dev), st.Ino, st.Size, time.Unix(st.Mtim.Unix())}, nil //nolint:unconvert // on other architectures
}

// An index knows every executable that was looked at. It is safe for concurrent use.
type index struct {
	proc proc

	mu    sync.Mutex
	known map[Identity]*known
}

// known is an executable of Go, or why it is none that can be traced.
type known struct {
	executable *Executable
	err        error
	used       time.Time // when a process was last seen that runs it
}

// Idle is for how long an executable stays open when no target runs it any more.
// Whoever attached to one must have detached by then: should it be run again, it is
// another Executable.
const Idle = 15 * time.Minute

// maxKnown bounds how many executables that are not Go's are remembered: beyond it
// they are forgotten, and looked at again.
const maxKnown = 4096

// identity is that of the executable that a process runs now.
func (x *index) identity(pid int) (Identity, error) {
	info, err := os.Stat(x.proc.path(pid, "exe"))
	if err != nil {
		return Identity{}, err
	}
	return identityOf(info)
}

// lookup returns the executable of a process. The error is gobin's for one that is
// not Go's or whose tables are unknown, and the same for every process of it.
func (x *index) lookup(pid int, display string) (*Executable, error) {
	id, err := x.identity(pid)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if k, ok := x.known[id]; ok {
		k.used = time.Now()
		return k.executable, k.err
	}
	f, err := os.Open(x.proc.path(pid, "exe"))
	if err != nil {
		return nil, err
	}
	// The process may run another program by now.
	info, err := f.Stat()
	if err == nil {
		id, err = identityOf(info)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	if k, ok := x.known[id]; ok {
		_ = f.Close()
		return k.executable, k.err
	}
	k := &known{used: time.Now()}
	if binary, err := gobin.New(f); err != nil {
		_ = f.Close()
		k.err = fmt.Errorf("%s: %w", display, err)
	} else {
		k.executable = &Executable{Identity: id, Display: display, BuildID: buildID(f), Binary: binary, file: f}
	}
	x.add(id, k)
	return k.executable, k.err
}

func (x *index) add(id Identity, k *known) {
	if len(x.known) >= maxKnown {
		for other, k := range x.known {
			if k.executable == nil {
				delete(x.known, other)
			}
		}
	}
	x.known[id] = k
}

// expire closes executables that have been idle for too long. running are those
// that are not idle.
func (x *index) expire(now time.Time, running map[*Executable]bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, k := range x.known {
		switch {
		case k.executable == nil:
		case running[k.executable]:
			k.used = now
		case now.Sub(k.used) > Idle:
			_ = k.executable.file.Close() // it was only read
			delete(x.known, id)
		}
	}
}

// close closes what is open.
func (x *index) close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var errs []error
	for _, k := range x.known {
		if k.executable != nil {
			errs = append(errs, k.executable.file.Close())
		}
	}
	return errors.Join(errs...)
}
