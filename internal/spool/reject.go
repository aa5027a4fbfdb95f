package spool

import (
	"os"
	"path/filepath"
)

// rejectedDir holds what no collector would take and what no longer is an
// event, for a person to look at. The newest maxRejected are kept.
const (
	rejectedDir = "rejected"
	maxRejected = 20
)

// reject moves an event out of the queue and counts it as dropped.
func (s *Spool) reject(e entry) error {
	s.untold(e.name)
	dir := s.path(rejectedDir) + string(filepath.Separator)
	from := s.path(e.name)
	os.Mkdir(dir, 0o700) //nolint:errcheck // else the next step fails
	if os.Rename(from, dir+e.name) != nil {
		// What cannot be set aside must still not block the queue.
		if err := os.Remove(from); err != nil {
			return err
		}
	}
	s.release(e.size, true)
	names, _ := readNames(dir)
	for i := 0; i < len(names)-maxRejected; i++ {
		os.Remove(dir + names[i]) //nolint:errcheck // in nobody's way
	}
	return s.CountDropped(1)
}

// Rejected returns how many events were set aside.
func (s *Spool) Rejected() int {
	names, _ := readNames(s.path(rejectedDir)) // none is zero
	return len(names)
}
