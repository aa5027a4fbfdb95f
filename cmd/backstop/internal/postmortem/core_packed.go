package postmortem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/packed"
)

// UnpackCore unpacks the core at path, if it is compressed: otherwise the file is nil.
// What it holds is given to OpenCore, which closes it. Only what begins like a core is
// unpacked, and no more than its headers speak of.
func UnpackCore(ctx context.Context, path string, o packed.Options) (*packed.File, error) {
	// OpenCore refuses what is no file; opening a pipe with a name would wait.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says "open NAME: why"
	}
	defer f.Close() //nolint:errcheck // it was only read
	head := make([]byte, packed.MagicSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read core %s: %w", path, err)
	}
	format := packed.Find(head[:n])
	if format == nil {
		return nil, nil
	}
	return unpackCore(ctx, f, path, format, o)
}

// StoreCore does the same with a core that comes through a pipe, compressed or not:
// it is read at many places, and so there is always a file.
func StoreCore(ctx context.Context, r io.Reader, name string, o packed.Options) (*packed.File, error) {
	head := make([]byte, packed.MagicSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read core %s: %w", name, err)
	}
	r = io.MultiReader(bytes.NewReader(head[:n]), r)
	format := packed.Find(head[:n])
	if format == nil {
		format = packed.Plain()
	}
	return unpackCore(ctx, r, name, format, o)
}

func unpackCore(ctx context.Context, r io.Reader, name string, format *packed.Format, o packed.Options) (*packed.File, error) {
	o.Check = corefile.Extent
	file, err := packed.Unpack(ctx, r, format, o)
	if err != nil {
		return nil, fmt.Errorf("read core %s: %w", name, err)
	}
	return file, nil
}

// openFile opens what is at path, or was unpacked of it.
func openFile(path string, o CoreOptions) (*corefile.Core, error) {
	if o.Unpacked == nil {
		return corefile.Open(path) //nolint:wrapcheck // it says which file
	}
	file, err := corefile.New(o.Unpacked, o.Unpacked.Size)
	if err != nil {
		o.Unpacked.Close() //nolint:errcheck // the error that counts is the first
		return nil, fmt.Errorf("read core %s: %w", path, err)
	}
	if why := o.Unpacked.Short; why != nil {
		text := fmt.Sprintf("the compressed file is damaged or was cut off: %v behind %s of the core", why, packed.Bytes(o.Unpacked.Size))
		file.Cut = true
		file.Problems = append([]string{text}, file.Problems...)
	}
	return file, nil
}
