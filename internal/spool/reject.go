package spool

import (
	"os"
	"path/filepath"
	"sort"
)

// rejectedDir holds what no collector would take and what no longer is an
// event, for a person to look at. The newest maxRejected are kept.
const (
	rejectedDir = "rejected"
	maxRejected = 100
)

// reject moves an event out of the queue and counts it as dropped.
func (s *Spool) reject(e entry) error {
	dir := filepath.Join(s.dir, rejectedDir)
	from := filepath.Join(s.dir, e.name)
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.Rename(from, filepath.Join(dir, e.name))
	}
	if err != nil {
		// What cannot be set aside must still not block the queue.
		if err := os.Remove(from); err != nil {
			return err
		}
	}
	s.release(e.size)
	trimRejected(dir)
	return s.CountDropped(1)
}

// Rejected returns how many events were set aside.
func (s *Spool) Rejected() int {
	names, err := readNames(filepath.Join(s.dir, rejectedDir))
	if err != nil {
		return 0
	}
	return len(names)
}

// trimRejected removes the oldest. What it cannot remove is in nobody's way.
func trimRejected(dir string) {
	names, err := readNames(dir)
	if err != nil {
		return
	}
	sort.Strings(names) // they begin with their time
	for len(names) > maxRejected {
		os.Remove(filepath.Join(dir, names[0])) //nolint:errcheck // see above
		names = names[1:]
	}
}
