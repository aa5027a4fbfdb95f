package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t testing.TB, dir string, o Options) *Spool {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func payload(n int) []byte { return []byte(fmt.Sprintf(`{"event_id":"%032x"}`, n)) }

func pending(t testing.TB, s *Spool) int {
	t.Helper()
	n, err := s.Pending()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFilesArePrivate(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a", "spool"), Options{})
	if err := s.Add(payload(1)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("directory has mode %v, want 0700", info.Mode().Perm())
	}
	entries, err := s.list()
	if err != nil || len(entries) != 1 {
		t.Fatalf("list: %v, %v", entries, err)
	}
	info, err = os.Stat(filepath.Join(s.Dir(), entries[0].name))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("file has mode %v, want 0600", info.Mode().Perm())
	}
	if info.Size() != entries[0].size {
		t.Errorf("name says %d bytes, file has %d", entries[0].size, info.Size())
	}
}

func TestFullSpoolDropsNewEventsAndCounts(t *testing.T) {
	s := open(t, t.TempDir(), Options{MaxFiles: 10})
	for i := range 9 {
		if err := s.Add(payload(i)); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	if err := s.Add(payload(9)); !errors.Is(err, ErrFull) {
		t.Errorf("Add beyond nine tenths: %v, want ErrFull", err)
	}
	if err := s.AddLast(payload(10)); err != nil {
		t.Errorf("AddLast into the tenth kept for it: %v", err)
	}
	if err := s.AddLast(payload(11)); !errors.Is(err, ErrFull) {
		t.Errorf("AddLast into a full spool: %v, want ErrFull", err)
	}
	if n := pending(t, s); n != 10 {
		t.Errorf("%d events wait, want 10", n)
	}
	if n := open(t, s.Dir(), Options{}).Dropped(); n != 2 {
		t.Errorf("the next process sees %d dropped events, want 2", n)
	}
}

// TestLastEventFindsRoom has another process make room in a storm: the event
// that ends a process must not be dropped by an estimate.
func TestLastEventFindsRoom(t *testing.T) {
	s := open(t, t.TempDir(), Options{MaxFiles: 1})
	if err := s.AddLast(payload(0)); err != nil {
		t.Fatal(err)
	}
	if err := s.AddLast(payload(1)); !errors.Is(err, ErrFull) {
		t.Fatalf("AddLast into a full spool: %v", err)
	}
	entries, err := s.list()
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	if err := os.Remove(filepath.Join(s.Dir(), entries[0].name)); err != nil {
		t.Fatal(err)
	}
	if err := s.AddLast(payload(2)); err != nil {
		t.Error(err)
	}
}

func TestBytesAreBounded(t *testing.T) {
	s := open(t, t.TempDir(), Options{MaxBytes: 1000})
	big := []byte(`{"a":"` + strings.Repeat("x", 400) + `"}`)
	for i, want := range []error{nil, nil, ErrFull} {
		if err := s.Add(big); !errors.Is(err, want) {
			t.Errorf("event %d: %v, want %v", i, err, want)
		}
	}
	if err := s.Add(bytes.Repeat([]byte("x"), MaxPayload+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("oversized event: %v, want ErrTooLarge", err)
	}
	if n := s.Dropped(); n != 2 {
		t.Errorf("%d dropped, want 2", n)
	}
}

// TestLimitsHoldAcrossProcesses fills one directory through several spools, as
// several processes do.
func TestLimitsHoldAcrossProcesses(t *testing.T) {
	dir := t.TempDir()
	const limit, writers, each = 100, 4, 100
	var wg sync.WaitGroup
	for range writers {
		s := open(t, dir, Options{MaxFiles: limit})
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				if err := s.Add(payload(i)); err != nil && !errors.Is(err, ErrFull) {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	s := open(t, dir, Options{})
	n, dropped := pending(t, s), s.Dropped()
	if uint64(n)+dropped != writers*each {
		t.Errorf("%d wait and %d were dropped: %d of %d are unaccounted for", n, dropped, writers*each-n-int(dropped), writers*each)
	}
	if n > limit+writers*rescanEvery {
		t.Errorf("%d events wait, far beyond the limit of %d", n, limit)
	}
}

func TestDeadWritersAreSweptUp(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, tmpPrefix+"old"), filepath.Join(dir, tmpPrefix+"fresh")
	for _, path := range []string{old, fresh} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hour := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, hour, hour); err != nil {
		t.Fatal(err)
	}
	open(t, dir, Options{})
	if _, err := os.Stat(old); !isNotExist(err) {
		t.Error("an old temporary file was left")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("a temporary file that may still be written was removed")
	}
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for what, dir := range map[string]string{"a file": file, "a symbolic link": link, "nothing below a file": filepath.Join(file, "x")} {
		if _, err := Open(dir, Options{}); err == nil {
			t.Errorf("Open took %s for a spool", what)
		}
	}
}
