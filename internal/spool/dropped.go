package spool

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/internal/errs"
)

// Drops are counted in two files that are never moved and never grow, so that
// counting works on a full disk. One has the number of all drops there ever
// were; who adds to it holds countLock. The other has what a collector knows:
// the number before, the number now, and the event that carries the difference.
// As long as that event waits, it and no other has to tell it, since the
// collector takes an event once; when it is gone it was told. That file is the
// drainer's.
const (
	droppedFile = "dropped"
	toldFile    = "told"
	countLock   = ".count"
)

// countTries bounds how long a drop waits for others that are being counted, by
// about 60 ms.
const countTries = 6

// CountDropped adds to the number of events that had to be given up (modulo 2^64:
// ^uint64(0) takes one back). It travels
// with the next event that is delivered. When the disk refuses, the number waits
// in memory for the next call.
func (s *Spool) CountDropped(n uint64) error {
	s.counting.Lock()
	defer s.counting.Unlock()
	s.uncounted += n
	if s.uncounted == 0 {
		return nil
	}
	err := s.prepare() // not in a directory that is not ours
	if err == nil {
		err = s.addDropped(s.uncounted)
	}
	if err == nil {
		s.uncounted = 0
	}
	return errs.In("count dropped events", err)
}

func (s *Spool) addDropped(n uint64) error {
	unlock, err := s.lock(context.Background(), countLock, countTries)
	if unlock == nil {
		return err
	}
	defer unlock()
	// Somebody may have removed one of the files.
	return s.put(droppedFile, max(s.numbers(droppedFile)[0], s.numbers(toldFile)[1])+n, 0, "")
}

// put overwrites a file in place, which needs no room.
func (s *Spool) put(name string, a, b uint64, text string) error {
	f, err := os.OpenFile(s.path(name), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%020d %020d %s\n", a, b, text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// numbers reads what put has written, zeros when there is nothing.
func (s *Spool) numbers(name string) (n [2]uint64) {
	n, _ = s.get(name)
	return n
}

func (s *Spool) get(name string) (n [2]uint64, text string) {
	data, _ := os.ReadFile(s.path(name)) // none is zero
	line, _, _ := strings.Cut(string(data), "\n")
	for i, field := range strings.Fields(line) {
		if i < len(n) {
			n[i], _ = strconv.ParseUint(field, 10, 64) // nonsense is zero
		} else {
			text = field
		}
	}
	return n, text
}

// Dropped returns how many dropped events have not been told to a collector.
func (s *Spool) Dropped() uint64 {
	told, _ := s.told()
	return max(s.numbers(droppedFile)[0], told[0]) - told[0]
}

// told returns how many drops are told, and how many will be once the event
// that carries them is delivered, "" when none is on its way.
func (s *Spool) told() (n [2]uint64, carrier string) {
	n, carrier = s.get(toldFile)
	if carrier != "" {
		if _, err := os.Lstat(s.path(carrier)); err != nil {
			n[0], carrier = n[1], ""
		}
	}
	return n, carrier
}

// takeDropped returns how many drops have to be told with which event: first,
// unless another one has that task. The caller holds the drain lock.
func (s *Spool) takeDropped(first string) (carrier string, n uint64) {
	told, carrier := s.told()
	if carrier != "" {
		return carrier, told[1] - told[0]
	}
	unlock, _ := s.lock(context.Background(), countLock, countTries)
	if unlock == nil {
		return "", 0 // later, then
	}
	defer unlock()
	all := s.numbers(droppedFile)[0]
	if all <= told[0] || s.put(toldFile, told[0], all, first) != nil {
		return "", 0 // without a note of it, it might be told twice
	}
	return first, all - told[0]
}

// untold takes the task from an event that will not be delivered.
func (s *Spool) untold(name string) {
	if told, carrier := s.told(); carrier == name {
		s.put(toldFile, told[0], told[0], "") //nolint:errcheck // then these drops count as told
	}
}
