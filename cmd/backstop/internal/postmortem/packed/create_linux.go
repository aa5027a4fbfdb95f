package packed

import (
	"os"

	"golang.org/x/sys/unix"
)

// create makes a file without a name (O_TMPFILE, open(2)), so that it is gone with the
// process even when that is killed.
func (u *unpacking) create() error {
	f, err := os.OpenFile(u.o.Dir, os.O_RDWR|unix.O_TMPFILE|unix.O_EXCL, 0o600)
	if err != nil { // not every file system can
		return u.createNamed()
	}
	u.file.f = f
	return nil
}

// space is what the file system has left, in bytes, and how large it is.
func space(f *os.File) (free, total int64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil || s.Bsize <= 0 {
		return 0, 0, false
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize, true
}
