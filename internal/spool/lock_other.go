//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package spool

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// lockStale is when a lock file has no holder any more: a drainer renews
// nothing, but one pass takes far less.
const lockStale = 10 * time.Minute

// tryLock takes the lock of a file without waiting; it returns nil, nil when
// somebody else holds it. Without flock the lock is a file that exists; one
// left behind by a dead drainer is taken over when it is old.
func tryLock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		return func() { f.Close(); os.Remove(path) }, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > lockStale {
		os.Remove(path) //nolint:errcheck // the next try sees whether it is gone
	}
	return nil, nil
}
