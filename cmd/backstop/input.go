package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/backstop-go/backstop/crash"
)

// quiet is how long a live input must say nothing until a crash that looks
// complete is taken for complete.
const quiet = 300 * time.Millisecond

var errDirectory = errors.New("is a directory")

// openInput opens a file, or standard input for "-", and unpacks gzip. The meter
// shows how far it has been read.
func openInput(stdin io.Reader, name string, m *meter) (io.ReadCloser, error) {
	if name == "-" {
		in, err := unpack(metered(live(stdin), inputName(name), m), io.NopCloser(nil))
		if err != nil {
			return nil, readError(name, err)
		}
		return in, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says "open NAME: why"
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close() // nothing was read
		return nil, readError(name, errDirectory)
	}
	in, err := unpack(metered(live(f), name, m), f)
	if err != nil {
		_ = f.Close() // the error that counts is unpack's
		return nil, readError(name, err)
	}
	return in, nil
}

// metered shows the reading of a regular file, whose size is known.
func metered(r io.Reader, name string, m *meter) io.Reader {
	f, ok := r.(*os.File)
	if !ok || m == nil {
		return r
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return r
	}
	size := info.Size()
	if at, err := f.Seek(0, io.SeekCurrent); err == nil {
		size -= at // standard input may have been read in part
	}
	return m.reader(r, name, size)
}

// live returns a reader that tells pauses for what can pause: a pipe, also one
// with a name, or a terminal.
func live(r io.Reader) io.Reader {
	f, ok := r.(*os.File)
	if !ok {
		return r
	}
	info, err := f.Stat()
	if err != nil || info.Mode().IsRegular() || info.IsDir() {
		return r
	}
	return newLiveReader(f)
}

// readError says which input could not be read, once.
func readError(name string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("read %s: %w", inputName(name), err)
}

type input struct {
	io.Reader
	io.Closer
}

// unpack looks at the first two bytes and unpacks gzip. It reads no more than
// it is asked for, so that a live input stays live.
func unpack(r io.Reader, c io.Closer) (io.ReadCloser, error) {
	head := make([]byte, 2)
	n := 0
	for n < len(head) {
		m, err := r.Read(head[n:])
		n += m
		if errors.Is(err, crash.ErrPause) {
			continue
		}
		if err != nil {
			if err == io.EOF {
				break
			}
			return nil, err
		}
	}
	r = io.MultiReader(bytes.NewReader(head[:n]), r)
	if n < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return input{r, c}, nil
	}
	z, err := gzip.NewReader(bufio.NewReader(patient{r}))
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	return input{z, c}, nil
}

// A patient reader waits pauses out: what unpacks takes them for errors.
type patient struct{ r io.Reader }

func (p patient) Read(b []byte) (int, error) {
	for {
		n, err := p.r.Read(b)
		if !errors.Is(err, crash.ErrPause) {
			return n, err //nolint:wrapcheck // handed on as it is
		}
		if n > 0 {
			return n, nil
		}
	}
}

// A liveReader reads a pipe or a terminal and says crash.ErrPause, once, when
// nothing came for a while. Its goroutine ends with the input.
type liveReader struct {
	wait   time.Duration
	chunks chan chunk
	rest   []byte
	err    error
	paused bool
}

type chunk struct {
	data []byte
	err  error
}

func newLiveReader(r io.Reader) *liveReader {
	l := &liveReader{wait: quiet, chunks: make(chan chunk)}
	go func() {
		for {
			buf := make([]byte, 32<<10)
			n, err := r.Read(buf)
			l.chunks <- chunk{buf[:n], err}
			if err != nil {
				return
			}
		}
	}()
	return l
}

func (l *liveReader) Read(p []byte) (int, error) {
	if len(l.rest) == 0 && l.err == nil {
		if !l.fetch() {
			l.paused = true
			return 0, crash.ErrPause
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	if len(l.rest) == 0 && n == 0 {
		return 0, l.err
	}
	return n, nil
}

// patience sets how long to wait before a pause is reported.
func (l *liveReader) patience(d time.Duration) { l.wait = d }

// fetch waits for input, and for no longer than told unless the pause was
// reported already.
func (l *liveReader) fetch() bool {
	var timeout <-chan time.Time
	if !l.paused {
		timer := time.NewTimer(l.wait)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case c := <-l.chunks:
		l.rest, l.err, l.paused = c.data, c.err, false
		return true
	case <-timeout:
		return false
	}
}
