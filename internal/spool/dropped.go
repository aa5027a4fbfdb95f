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
// added meanwhile is not counted twice. (A process that has the file open at
// that very moment may write into the file that is moved; its count is lost if
// it comes later than the look at it.)
const (
	droppedFile = "dropped"
	takenFile   = "dropped.taken"
)

// maxDroppedFile is the size from which a file of counts is added up.
const maxDroppedFile = 16 << 10

// CountDropped adds to the number of events that had to be given up. It travels
// with the next event that is delivered. When the disk refuses, the number waits
// in memory for the next call.
func (s *Spool) CountDropped(n uint64) error {
	s.counting.Lock()
	defer s.counting.Unlock()
	n += s.uncounted
	if n == 0 {
		return nil
	}
	s.uncounted = 0
	size, err := s.appendCount(n)
	if err != nil {
		s.uncounted = n
		return fmt.Errorf("count dropped events: %w", err)
	}
	if size > maxDroppedFile {
		s.addUp()
	}
	return nil
}

// appendCount returns the size of the file. One write with O_APPEND is atomic:
// lines of two processes never mix.
func (s *Spool) appendCount(n uint64) (size int64, err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, droppedFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = f.WriteString(strconv.FormatUint(n, 10) + "\n")
	if info, serr := f.Stat(); serr == nil {
		size = info.Size()
	}
	return size, errors.Join(err, f.Close())
}

// addUp makes one line of many, so that a long storm does not fill the disk
// with its counts.
func (s *Spool) addUp() {
	unlock, err := tryLock(s.dir)
	if err != nil || unlock == nil {
		return // somebody drains; the next drop tries again
	}
	defer unlock()
	aside := filepath.Join(s.dir, tmpPrefix+droppedFile)
	if err := os.Rename(filepath.Join(s.dir, droppedFile), aside); err != nil {
		return
	}
	if _, err := s.appendCount(s.sum(tmpPrefix + droppedFile)); err != nil {
		os.Rename(aside, filepath.Join(s.dir, droppedFile)) //nolint:errcheck // the disk refuses everything
		return
	}
	os.Remove(aside) //nolint:errcheck // swept at the next Open
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
