// Package packed unpacks compressed core files, as systemd-coredump and log collectors
// leave them, into private temporary files: a core is read at many places, and a
// compressed file at none but its beginning.
//
// Start with [Find], then [Unpack]. Files are hostile: what they may take of memory
// and disk is bounded, a disk is never filled, and what is damaged or cut off gives
// what comes before the damage. It knows nothing of cores: [Options.Check] does.
package packed

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// A Format is a way to compress a file.
type Format struct {
	Name string
	// Tool is what unpacks FILE to standard output.
	Tool string

	magic string
	open  func(io.Reader) (r io.Reader, done func(), err error)
}

// maxWindow is how far back a zstd file may refer, in bytes, which is what has to be
// kept in memory. The zstd command asks for a flag beyond the same 128 MiB; the level
// that systemd-coredump uses takes 2 MiB.
const maxWindow = 128 << 20

// formats are known by the first bytes of a file, whatever its name is.
var formats = []Format{
	{"zstd", "zstd -dc --long=31", "\x28\xb5\x2f\xfd", func(r io.Reader) (io.Reader, func(), error) {
		// More than one at once would be in goroutines of its own, where nobody can
		// survive their panics.
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err //nolint:wrapcheck // Unpack says what it did
		}
		return z, z.Close, nil
	}},
	{"lz4", "lz4 -dc", "\x04\x22\x4d\x18", func(r io.Reader) (io.Reader, func(), error) {
		return lz4.NewReader(r), func() {}, nil
	}},
	{"xz", "xz -dc", "\xfd7zXZ\x00", func(r io.Reader) (io.Reader, func(), error) {
		z, err := xz.NewReader(r)
		return z, func() {}, err //nolint:wrapcheck // as above
	}},
	{"gzip", "gzip -dc", "\x1f\x8b", func(r io.Reader) (io.Reader, func(), error) {
		z, err := gzip.NewReader(r)
		return z, func() {}, err
	}},
	{"bzip2", "bzip2 -dc", "BZh", func(r io.Reader) (io.Reader, func(), error) {
		return bzip2.NewReader(r), func() {}, nil
	}},
}

// Plain is the format of what is not compressed, and has to be stored all the same.
func Plain() *Format {
	return &Format{Name: "stream", Tool: "cat", open: func(r io.Reader) (io.Reader, func(), error) { return r, func() {}, nil }}
}

// MagicSize is how many of the first bytes of a file tell its format.
const MagicSize = 6

// Find returns the format of a file that begins with head, nil when it is not
// compressed in a way that is known.
func Find(head []byte) *Format {
	for i := range formats {
		if bytes.HasPrefix(head, []byte(formats[i].magic)) {
			return &formats[i]
		}
	}
	return nil
}

// reader opens a decoder that does not panic: an error of it is one of the file.
func (f *Format) reader(r io.Reader) (_ *decoder, err error) {
	defer survive(&err)
	z, done, err := f.open(r)
	if err != nil {
		return nil, err
	}
	return &decoder{z, done}, nil
}

// A decoder is one of somebody else's, which hostile input may make panic.
type decoder struct {
	r    io.Reader
	done func()
}

// Read implements io.Reader.
func (d *decoder) Read(p []byte) (n int, err error) {
	defer survive(&err)
	return d.r.Read(p) //nolint:wrapcheck // Unpack says what it did
}

func survive(err *error) {
	if v := recover(); v != nil { //nolint:revive // it is deferred itself
		text, _, _ := strings.Cut(fmt.Sprint(v), "\n")
		*err = fmt.Errorf("the decoder gave up: %s", text)
	}
}
