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
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/backstop-go/backstop/internal/errs"
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
	ready bool  // the directory is there, as far as we know, and ours
	bytes int64 // estimates: other processes add and remove too
	files int
	fresh int // adds since the last look at the directory
	seq   uint64

	looked time.Time // when the directory was last counted
	held   []byte    // the last event that AddLast dropped

	counting  sync.Mutex // held while drops are counted
	uncounted uint64     // drops that the disk did not take

	sent map[string]bool // delivered files that could not be removed; the drainer's
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
//
// The Spool is there beside an error, too. It counts what it has to drop, and
// works as soon as the directory does.
func Open(dir string, o Options) (*Spool, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxFiles <= 0 {
		o.MaxFiles = DefaultMaxFiles
	}
	// Processes of two containers may have the same pid, and a clock that
	// stands still: names differ all the same.
	s := &Spool{dir: dir, maxBytes: o.MaxBytes, maxFiles: o.MaxFiles, seq: uint64(rand.Uint32())}
	return s, s.prepare()
}

// prepare does what Open promises, unless that was done. It is called again
// after a failure, and when the directory was removed.
func (s *Spool) prepare() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		return nil
	}
	err := s.makeDir()
	if err == nil {
		err = s.rescan()
	}
	s.ready = err == nil
	return errs.In("open spool", err)
}

// makeDir finds out now, and not at the first crash, whether the directory can
// be written to.
func (s *Spool) makeDir() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(s.dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New(s.dir + " is not a directory")
	case !ownedByUs(info):
		return errors.New(s.dir + " belongs to another user")
	}
	s.sweep()
	name := s.nextName(0) + "-probe"
	if err := s.write(name, nil); err != nil {
		return err
	}
	os.Remove(s.path(name)) //nolint:errcheck // not the name of an event
	// The file that counts drops gets its room now: when it is needed, the disk
	// may be full.
	s.addDropped(0) //nolint:errcheck // tried again at the first drop
	return nil
}

// Dir is the directory of the spool.
func (s *Spool) Dir() string { return s.dir }

//go:noinline // for the size of programs
func (s *Spool) path(name string) string { return s.dir + string(filepath.Separator) + name }

// Add stores one event. It returns ErrFull or ErrTooLarge when the event was
// dropped and counted, and another error when the disk refused; that event is
// counted too, in memory until the disk lets us.
func (s *Spool) Add(payload []byte) error {
	return s.counted(s.keep(payload, false))
}

// AddLast stores the event that ends a process. It may use the tenth of the
// room that Add leaves. An event that it has to drop is held in memory: the next
// Drain of this process delivers it, and it counts as dropped no more.
func (s *Spool) AddLast(payload []byte) error {
	err := s.keep(payload, true)
	if err != nil {
		s.hold(payload)
	}
	return s.counted(err)
}

// hold keeps an event in memory, in place of the one that it returns.
func (s *Spool) hold(payload []byte) (before []byte) {
	s.mu.Lock()
	before, s.held = s.held, payload
	s.mu.Unlock()
	return before
}

func (s *Spool) counted(err error) error {
	var n uint64
	if err != nil {
		n = 1
	}
	s.CountDropped(n) //nolint:errcheck // then the number waits in memory; 0 tries such a number again
	return err
}

func (s *Spool) keep(payload []byte, last bool) error {
	for again := false; ; again = true {
		name, err := s.reserve(int64(len(payload)), last)
		if err == nil {
			if err = s.write(name, payload); err == nil {
				return nil
			}
			s.release(int64(len(payload)), !isNotExist(err))
		}
		if again || !isNotExist(err) {
			return errs.In("spool event", err)
		}
		// Somebody removed the directory: the next round makes it again.
	}
}

// reserve makes room for one event and names its file.
func (s *Spool) reserve(size int64, last bool) (string, error) {
	if size > MaxPayload {
		return "", ErrTooLarge
	}
	if err := s.prepare(); err != nil {
		return "", err
	}
	maxBytes, maxFiles := s.maxBytes, s.maxFiles
	if !last {
		maxBytes, maxFiles = maxBytes-maxBytes/10, maxFiles-maxFiles/10
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh++
	for looked := false; ; looked = true {
		full := s.bytes+size > maxBytes || s.files+1 > maxFiles
		if !looked && (s.fresh >= rescanEvery || full && (last || time.Since(s.looked) > rescanPause)) {
			if err := s.rescan(); err != nil {
				s.ready = false
				return "", err
			}
			continue
		}
		if full {
			return "", ErrFull
		}
		s.bytes += size
		s.files++
		return s.nextName(size) + suffix, nil
	}
}

// release gives back what was reserved or is delivered.
func (s *Spool) release(size int64, ready bool) {
	s.mu.Lock()
	s.bytes -= size
	s.files--
	s.ready = s.ready && ready
	s.mu.Unlock()
}

// write makes the file appear whole or not at all.
func (s *Spool) write(name string, payload []byte) error {
	tmp := s.path(tmpPrefix + name)
	err := os.WriteFile(tmp, payload, 0o600)
	if err == nil {
		err = os.Rename(tmp, s.path(name))
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

// nextName sorts by time, and carries the size so that counting a directory
// needs no system call for each file. s.mu is held.
func (s *Spool) nextName(size int64) string {
	s.seq++
	return fmt.Sprintf("%020d-%d-%d-%d", time.Now().UnixNano(), os.Getpid(), s.seq, size)
}

// list returns the waiting events, oldest first. Names that are not ours are
// left alone.
func (s *Spool) list() ([]entry, error) {
	names, err := readNames(s.dir)
	if err != nil {
		return nil, errs.In("read spool", err)
	}
	entries, n := make([]entry, len(names)), 0
	for _, name := range names {
		if size, ok := sizeInName(name); ok {
			entries[n] = entry{name, size}
			n++
		}
	}
	return entries[:n], nil
}

// sizeInName reports whether a name was made by nextName. A size that cannot be
// is somebody's joke, and bounded.
func sizeInName(name string) (int64, bool) {
	base, ok := strings.CutSuffix(name, suffix)
	fields := strings.Split(base, "-")
	if !ok || len(fields) != 4 || len(fields[0]) != 20 {
		return 0, false
	}
	var n uint64
	for _, f := range fields {
		var err error
		if n, err = strconv.ParseUint(f, 10, 64); err != nil {
			return 0, false
		}
	}
	return int64(min(n, MaxPayload)), true
}

// readNames returns the names in a directory, sorted: those of events begin with
// their time.
func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	_ = d.Close()
	sort.Strings(names)
	return names, err
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

// sweep removes what dead writers left. What it cannot read or remove is in
// nobody's way.
func (s *Spool) sweep() {
	names, _ := readNames(s.dir)
	for _, name := range names {
		path := s.path(name)
		if info, err := os.Lstat(path); err == nil && strings.HasPrefix(name, tmpPrefix) && time.Since(info.ModTime()) > staleAfter {
			os.Remove(path) //nolint:errcheck // tried again at the next Open
		}
	}
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
