package bpf

import (
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
)

// Stopped is a map of processes that a program in the kernel has stopped: their
// pid, and the time since boot at which it noted them, which is before it sends
// the signal. Who holds it can let them all go on, whatever became of the tracer.
type Stopped struct{ m *ebpf.Map }

// NewStopped wraps a map from uint32 to uint64.
func NewStopped(m *ebpf.Map) *Stopped { return &Stopped{m} }

// OpenStopped wraps a map that was inherited as a file descriptor.
func OpenStopped(fd int) (*Stopped, error) {
	m, err := ebpf.NewMapFromFD(fd)
	if err != nil {
		return nil, fmt.Errorf("open a map of stopped processes: %w", err)
	}
	if m.Type() != ebpf.Hash || m.KeySize() != 4 || m.ValueSize() != 8 {
		_ = m.Close()
		return nil, errors.New("open a map of stopped processes: it is another map")
	}
	return &Stopped{m}, nil
}

// FD is the file descriptor of the map, valid as long as the map is open: for a
// child to inherit a duplicate of.
func (s *Stopped) FD() int { return s.m.FD() }

// Noted returns who is in the map. Entries that come or go meanwhile may be
// missing.
func (s *Stopped) Noted() (map[uint32]time.Duration, error) {
	noted := make(map[uint32]time.Duration)
	var pid uint32
	var at uint64
	all := s.m.Iterate()
	for all.Next(&pid, &at) {
		noted[pid] = time.Duration(at)
	}
	if err := all.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return noted, fmt.Errorf("read a map of stopped processes: %w", err)
	}
	return noted, nil
}

// Forget removes a process.
func (s *Stopped) Forget(pid uint32) error {
	if err := s.m.Delete(pid); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("remove process %d from a map of stopped ones: %w", pid, err)
	}
	return nil
}
