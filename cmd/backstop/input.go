package main

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/backstop-go/backstop/crash"
)

// quiet is how long a live input must say nothing until a crash that looks
// complete is taken for complete.
const quiet = 300 * time.Millisecond

var errDirectory = errors.New("is a directory")

// quietPanic and quietFatal are the same for text that says that the process is
// about to end: the runtime stops printing for many seconds while it walks an
// overflowed stack on a busy machine.
const (
	quietPanic = 3 * time.Second
	quietFatal = 30 * time.Second
)

// patienceAfter is how long to wait for more behind a text that begins with, or
// has in it, the headline of a crash.
func patienceAfter(text []byte) time.Duration {
	has := func(headline string) bool {
		return bytes.HasPrefix(text, []byte(headline)) || bytes.Contains(text, []byte("\n"+headline))
	}
	switch {
	case has("fatal error: "):
		return quietFatal
	case has("panic: "):
		return quietPanic
	}
	return quiet
}

// openInput opens a file, or standard input for "-", and unpacks it. The meter
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

// packings are the beginnings of compressed files. Those without a reader are
// only known, to say what to do.
var packings = []struct {
	magic  string
	name   string
	tool   string // what unpacks FILE to standard output
	reader func(io.Reader) (io.Reader, error)
}{
	{"\x1f\x8b", "gzip", "gzip -dc FILE", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"BZh", "bzip2", "bzip2 -dc FILE", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{"\x28\xb5\x2f\xfd", "zstd", "zstd -dc FILE", nil},
	{"\xfd7zXZ\x00", "xz", "xz -dc FILE", nil},
	{"PK\x03\x04", "zip", "unzip -p FILE", nil},
}

// elf begins an executable or a core dump. The messages of the runtime stand in
// each Go program, and would be read for those of a crash.
const elf = "\x7fELF"

var errProgram = errors.New("is a program or a core dump, not text (parse -watch -- PROGRAM runs one)")

// A packedError is compressed input that is not unpacked here.
type packedError struct{ name, tool string }

func (e *packedError) Error() string { return "compressed with " + e.name + ", which is not read here" }

// unpack looks at the first bytes and unpacks gzip and bzip2. It reads no more
// than it is asked for and needs, so that a live input stays live.
func unpack(r io.Reader, c io.Closer) (io.ReadCloser, error) {
	var head []byte
	for _, p := range packings {
		var err error
		if head, err = readHead(r, head, p.magic); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(string(head), p.magic) {
			continue
		}
		if p.reader == nil {
			return nil, &packedError{p.name, p.tool}
		}
		z, err := p.reader(bufio.NewReader(patient{io.MultiReader(bytes.NewReader(head), r)}))
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", p.name, err)
		}
		return input{z, c}, nil
	}
	head, err := readHead(r, head, elf)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(head), elf) {
		return nil, errProgram
	}
	return input{io.MultiReader(bytes.NewReader(head), r), c}, nil
}

// readHead reads on while what was read begins like a magic word.
func readHead(r io.Reader, head []byte, magic string) ([]byte, error) {
	for len(head) < len(magic) && strings.HasPrefix(magic, string(head)) {
		var b [1]byte
		n, err := r.Read(b[:])
		head = append(head, b[:n]...)
		switch {
		case err == nil, errors.Is(err, crash.ErrPause):
		case err == io.EOF:
			return head, nil
		default:
			return nil, err //nolint:wrapcheck // the caller knows the name
		}
	}
	return head, nil
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
	told   bool // how long to wait; else it follows from what comes
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
func (l *liveReader) patience(d time.Duration) { l.wait, l.told = d, true }

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
		if !l.told {
			l.wait = max(l.wait, patienceAfter(c.data))
		}
		return true
	case <-timeout:
		if !l.told {
			l.wait = quiet
		}
		return false
	}
}
