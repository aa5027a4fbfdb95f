// Package spool keeps events on disk until a collector has them. Start with
// [Open]; [Sender.Drain] delivers.
//
// A spool is a directory with one file for each event. Any number of processes
// may add to it and drain it at the same time: adding is a rename, draining
// holds a file lock that the kernel drops when its holder dies. Everything is
// bounded, and what has to be given up is counted in the directory itself, so
// that the count survives as well.
//
// Files survive the death of the process, at any moment. They are not synced to
// the disk: a power failure may lose the newest.
package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of a spool whose Options leave them at 0.
const (
	DefaultMaxBytes = 64 << 20
	DefaultMaxFiles = 4096
)

// MaxPayload is the largest event a spool takes, in bytes.
const MaxPayload = 4 << 20

// ErrFull says that an event was dropped, and counted, because the spool is at
// its limit.
var ErrFull = errors.New("spool is full")

// ErrTooLarge says that an event was dropped, and counted, because it is larger
// than MaxPayload.
var ErrTooLarge = errors.New("event is too large for the spool")

// Options bound a spool. The zero value means the defaults.
type Options struct {
	MaxBytes int64 // of all events together; DefaultMaxBytes when 0
	MaxFiles int   // DefaultMaxFiles when 0
}

// A Spool is a bounded directory of events. Its methods may be called from any
// goroutine.
//
// When it is full, new events are dropped and old ones stay: the first events
// of a storm say most about its cause, and nobody may delete a file that
// somebody else is sending. A tenth of the room is kept for AddLast, so that a
// storm of recovered panics cannot crowd out the crash that ends the process.
type Spool struct {
	dir      string
	maxBytes int64
	maxFiles int

	mu    sync.Mutex
	bytes int64 // estimates: other processes add and remove too
	files int
	fresh int // adds since the last look at the directory
	seq   uint64

	looked time.Time // when the directory was last counted

	counting  sync.Mutex // held while drops are counted
	uncounted uint64     // drops that the disk did not take
}

// rescanEvery bounds how far the estimates can be off when other processes add
// to the same directory.
const rescanEvery = 64

// rescanPause bounds what a storm costs when the spool is full: counting 4096
// files takes milliseconds, and room that somebody else made is found soon
// enough. AddLast always counts.
const rescanPause = 100 * time.Millisecond

// Open makes the directory if needed, with access for its owner only, and
// counts what is in it. A directory that belongs to somebody else is refused:
// events hold the insides of a program.
func Open(dir string, o Options) (*Spool, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxFiles <= 0 {
		o.MaxFiles = DefaultMaxFiles
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open spool: %s is not a directory", dir)
	}
	if !ownedByUs(info) {
		return nil, fmt.Errorf("open spool: %s belongs to another user", dir)
	}
	s := &Spool{dir: dir, maxBytes: o.MaxBytes, maxFiles: o.MaxFiles}
	if err := s.sweep(); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	if err := s.probe(); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	return s, nil
}

// Dir is the directory of the spool.
func (s *Spool) Dir() string { return s.dir }

// Add stores one event. It returns ErrFull or ErrTooLarge when the event was
// dropped and counted, and another error when the disk refused; that event is
// counted too, in memory until the disk lets us.
func (s *Spool) Add(payload []byte) error {
	return s.add(payload, false)
}

// AddLast stores the event that ends a process. It may use the tenth of the
// room that Add leaves.
func (s *Spool) AddLast(payload []byte) error {
	return s.add(payload, true)
}

func (s *Spool) add(payload []byte, last bool) error {
	size := int64(len(payload))
	if size > MaxPayload {
		return errors.Join(ErrTooLarge, s.CountDropped(1))
	}
	name, err := s.reserve(size, last)
	if err != nil {
		return errors.Join(err, s.CountDropped(1))
	}
	if err := s.write(name, payload); err != nil {
		s.release(size)
		return errors.Join(fmt.Errorf("spool event: %w", err), s.CountDropped(1))
	}
	return nil
}

// reserve makes room for one event and names its file.
func (s *Spool) reserve(size int64, last bool) (string, error) {
	maxBytes, maxFiles := s.maxBytes, s.maxFiles
	if !last {
		maxBytes, maxFiles = maxBytes-maxBytes/10, maxFiles-maxFiles/10
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	full := func() bool { return s.bytes+size > maxBytes || s.files+1 > maxFiles }
	s.fresh++
	if full() && (last || time.Since(s.looked) > rescanPause) || s.fresh >= rescanEvery {
		if err := s.rescan(); err != nil {
			return "", fmt.Errorf("spool event: %w", err)
		}
	}
	if full() {
		return "", ErrFull
	}
	s.bytes += size
	s.files++
	s.seq++
	return fileName(time.Now(), os.Getpid(), s.seq, size), nil
}

func (s *Spool) release(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= size
	s.files--
}

// write makes the file appear whole or not at all.
func (s *Spool) write(name string, payload []byte) error {
	tmp := filepath.Join(s.dir, tmpPrefix+name)
	err := os.WriteFile(tmp, payload, 0o600)
	if err == nil {
		err = os.Rename(tmp, filepath.Join(s.dir, name))
	}
	if err != nil {
		os.Remove(tmp) //nolint:errcheck // swept at the next Open
	}
	return err
}

// Pending returns how many events wait in the directory, whoever added them.
func (s *Spool) Pending() (int, error) {
	entries, err := s.list()
	return len(entries), err
}

// An entry is one waiting event.
type entry struct {
	name string
	size int64
}

const (
	tmpPrefix = ".tmp-"
	suffix    = ".json"
)

// fileName sorts by time, and carries the size so that counting a directory
// needs no system call for each file.
func fileName(at time.Time, pid int, seq uint64, size int64) string {
	return fmt.Sprintf("%020d-%d-%d-%d%s", at.UnixNano(), pid, seq, size, suffix)
}

// list returns the waiting events, oldest first. Names that are not ours are
// left alone.
func (s *Spool) list() ([]entry, error) {
	names, err := readNames(s.dir)
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	sort.Strings(names) // they begin with their time
	var entries []entry
	for _, name := range names {
		if size, ok := sizeInName(name); ok {
			entries = append(entries, entry{name, size})
		}
	}
	return entries, nil
}

func sizeInName(name string) (int64, bool) {
	base, ok := strings.CutSuffix(name, suffix)
	if !ok || strings.HasPrefix(name, ".") {
		return 0, false
	}
	i := strings.LastIndexByte(base, '-')
	if i < 0 {
		return 0, false
	}
	size, err := strconv.ParseInt(base[i+1:], 10, 64)
	return size, err == nil && size >= 0
}

func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// rescan counts the directory. s.mu is held.
func (s *Spool) rescan() error {
	entries, err := s.list()
	if err != nil {
		return err
	}
	s.bytes, s.files, s.fresh, s.looked = 0, len(entries), 0, time.Now()
	for _, e := range entries {
		s.bytes += e.size
	}
	return nil
}

// staleAfter is when a temporary file has no writer any more: writing one takes
// milliseconds.
const staleAfter = time.Minute

// sweep removes what dead writers left and counts the rest.
func (s *Spool) sweep() error {
	names, err := readNames(s.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, tmpPrefix) {
			continue
		}
		path := filepath.Join(s.dir, name)
		if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > staleAfter {
			os.Remove(path) //nolint:errcheck // tried again at the next Open
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rescan()
}

// probe finds out now, and not at the first crash, whether the directory can be
// written to.
func (s *Spool) probe() error {
	f, err := os.CreateTemp(s.dir, tmpPrefix+"probe-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
