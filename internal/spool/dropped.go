package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Drops are counted in two files of one number a line. Adding is an append,
// which needs no lock; a drainer first moves the file aside, so that what is
// added meanwhile is neither lost nor counted twice.
const (
	droppedFile = "dropped"
	takenFile   = "dropped.taken"
)

// CountDropped adds to the number of events that had to be given up. It travels
// with the next event that is delivered.
func (s *Spool) CountDropped(n uint64) error {
	if n == 0 {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, droppedFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("count dropped events: %w", err)
	}
	// One write with O_APPEND is atomic: lines of two processes never mix.
	_, err = f.WriteString(strconv.FormatUint(n, 10) + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("count dropped events: %w", err)
	}
	return nil
}

// Dropped returns how many dropped events have not been told to a collector.
func (s *Spool) Dropped() uint64 {
	return s.sum(droppedFile) + s.sum(takenFile)
}

// takeDropped moves the count aside and returns it. The caller holds the drain
// lock and calls forgetDropped once a collector knows.
func (s *Spool) takeDropped() uint64 {
	taken := filepath.Join(s.dir, takenFile)
	if before := s.sum(takenFile); before > 0 {
		return before // an earlier delivery failed; the rest follows later
	}
	if err := os.Rename(filepath.Join(s.dir, droppedFile), taken); err != nil {
		return 0
	}
	return s.sum(takenFile)
}

func (s *Spool) forgetDropped() {
	os.Remove(filepath.Join(s.dir, takenFile)) //nolint:errcheck // told again: the server takes an event once
}

func (s *Spool) sum(name string) uint64 {
	data, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return 0
	}
	var total uint64
	for _, line := range strings.Fields(string(data)) {
		if n, err := strconv.ParseUint(line, 10, 64); err == nil {
			total += n
		}
	}
	return total
}
