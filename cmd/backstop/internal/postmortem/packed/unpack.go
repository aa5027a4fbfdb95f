package packed

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	// HeadSize is how much of the beginning Options.Check is given, in bytes: the
	// headers of a core with as many segments as processes may have mappings
	// (vm.max_map_count, 65,530) are within.
	HeadSize = 4 << 20
	// DefaultMax is how large a file may be unpacked, in bytes, holes included.
	DefaultMax = 64 << 30

	pageSize = 4096
	// behind is how much is unpacked behind what was asked for: it may be no more
	// than what follows it, and then the checksum of the whole is compared.
	behind = 1 << 20
	// maxMemory is how much more memory may be taken than before, in bytes. Files of
	// xz say how much they want, up to 4 GiB.
	maxMemory = 1 << 30
	// oftenChecked is after how many bytes memory and disk are looked at.
	oftenChecked = 8 << 20
)

// Options say how to unpack.
type Options struct {
	// Dir is where the unpacked file is kept. Default: $TMPDIR, else /var/tmp, which
	// is not in memory, or, where that cannot be written to, what the system has for
	// temporary files.
	Dir string
	// Max is how many bytes it may have, holes included. Default: DefaultMax.
	Max int64
	// Check looks at its beginning, at most HeadSize bytes, and says how long it is
	// in all, 0 when it cannot tell: no more is unpacked. An error ends it.
	Check func(head []byte) (size int64, err error)
	// Progress is given the compressed file, and returns what is to be read in its
	// place. Default: itself.
	Progress func(io.Reader) io.Reader

	space func(*os.File) (free, total int64, ok bool) // of a disk; for tests
}

// A File is an unpacked file. It has no name and takes no space once it is closed,
// or the process has ended, however it did; but on Windows, where only Close removes
// it.
type File struct {
	// Size is how many bytes it has, Used how many of them take space.
	Size, Used int64
	// Short is why it ends early, nil when all was unpacked that was asked for.
	Short error

	f    *os.File
	name string // that Close has to remove, "" when there is none
}

// An Error says why a file cannot be unpacked. Advice is what to do about it.
type Error struct {
	Err    error
	Advice string
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint is what to do about it.
func (e *Error) Hint() string { return e.Advice }

// Unpack unpacks what r holds, which is of a format that Find has found. A file that
// is damaged or cut off is no error, as long as it has a beginning: see File.Short.
func Unpack(ctx context.Context, r io.Reader, format *Format, o Options) (*File, error) {
	if o.Max <= 0 {
		o.Max = DefaultMax
	}
	if o.space == nil {
		o.space = space
	}
	if o.Progress != nil {
		r = o.Progress(r)
	}
	u := &unpacking{o: o, format: format, memory: memoryInUse(), checked: -oftenChecked}
	in, err := format.reader(bufio.NewReaderSize(&interruptible{ctx, r}, 64<<10))
	if err != nil {
		return nil, cmp.Or(u.interrupted(ctx), u.nothing(err))
	}
	defer in.done()
	if err := u.begin(ctx, in); err != nil {
		return nil, err
	}
	if err := u.run(ctx, in); err != nil {
		u.file.Close() //nolint:errcheck // the error that counts is the first
		return nil, err
	}
	return &u.file, nil
}

// An interruptible reader ends when its context does: a decoder may read a whole file
// that unpacks to nothing before it returns.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err //nolint:wrapcheck // interrupted asks again
	}
	return i.r.Read(p) //nolint:wrapcheck // Unpack says what it did
}

// An unpacking is what Unpack has done so far.
type unpacking struct {
	o       Options
	format  *Format
	file    File
	head    []byte // unpacked, not written yet
	end     error  // of the compressed file, io.EOF when it is whole
	limit   int64  // how much is unpacked, Max at most
	known   bool   // that there is no more that matters
	memory  uint64 // in use before
	checked int64  // Size when memory and disk were looked at, negative before
}

// begin reads the head, and makes the file if that is good.
func (u *unpacking) begin(ctx context.Context, in io.Reader) error {
	u.head = make([]byte, HeadSize)
	n := 0
	for n < len(u.head) && u.end == nil {
		var k int
		k, u.end = in.Read(u.head[n:])
		n += k
	}
	if err := u.interrupted(ctx); err != nil {
		return err
	}
	if u.head = u.head[:n]; n == 0 {
		err := u.end
		if err == io.EOF { //nolint:errorlint // io.Reader returns it as it is
			err = errors.New("it is empty")
		}
		return u.nothing(err)
	}
	u.limit = u.o.Max
	if u.o.Check != nil {
		size, err := u.o.Check(u.head)
		switch {
		case err != nil:
			return err
		case size > u.o.Max:
			return u.tooLarge(fmt.Sprintf("unpacked it has %s", Bytes(size)), size)
		case size > 0:
			u.limit, u.known = size, true
		}
	}
	if err := u.createSomewhere(); err != nil {
		return &Error{fmt.Errorf("unpack %s: %w", u.format.Name, err), "-unpack-dir DIR names a directory that you may write to"}
	}
	return nil
}

// errCut is one of files of which nothing can be unpacked: decoders take a block of 64
// KiB to 4 MiB at once.
var errCut = errors.New("the file was cut off before the end of its first block")

// nothing is the error of a file that has no beginning.
func (u *unpacking) nothing(err error) error {
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return u.memoryError(err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errCut
	}
	return &Error{fmt.Errorf("unpack %s: %w", u.format.Name, err), "take the file again, or compare it with the original"}
}

// memoryError is the error of a file that wants too much memory.
func (u *unpacking) memoryError(err error) error {
	return &Error{fmt.Errorf("unpack %s: %w", u.format.Name, err), "if you trust the file, unpack it with another program: " + u.format.Tool + " CORE > core"}
}

func (u *unpacking) tooLarge(what string, size int64) error {
	hint := "-unpack-max SIZE allows more"
	if size > 0 {
		hint = "-unpack-max " + Bytes(size+size/16+(1<<30)) + " allows it" // Bytes rounds
	}
	return &Error{
		fmt.Errorf("unpack %s: %s, and %s at most are unpacked", u.format.Name, what, Bytes(u.o.Max)),
		hint + "; what is zero takes no space, and -unpack-dir DIR says where the rest goes",
	}
}

// run unpacks the rest. It returns an error for what is nobody's damage.
func (u *unpacking) run(ctx context.Context, in io.Reader) error {
	if err := u.write(u.head[:min(int64(len(u.head)), u.limit)]); err != nil {
		return err
	}
	more := int64(len(u.head)) - u.file.Size // behind what was asked for
	u.head = nil
	chunk := make([]byte, 1<<20)
	for u.end == nil && more < behind {
		if err := u.interrupted(ctx); err != nil {
			return err
		}
		var n int
		n, u.end = in.Read(chunk)
		keep := min(int64(n), u.limit-u.file.Size)
		if err := u.write(chunk[:keep]); err != nil {
			return err
		}
		more += int64(n) - keep
	}
	if more > 0 && !u.known {
		return u.tooLarge("it is larger than that", 0)
	}
	if u.end != nil && u.end != io.EOF { //nolint:errorlint // io.Reader returns it as it is
		if err := u.interrupted(ctx); err != nil {
			return err
		}
		u.file.Short = u.end
	}
	if err := u.file.f.Truncate(u.file.Size); err != nil { // what ends in zeros
		return u.noSpace(err)
	}
	return nil
}

// interrupted is an error once the context has ended, whatever the decoder made of that.
func (u *unpacking) interrupted(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("unpack %s: interrupted: %w", u.format.Name, err)
	}
	return nil
}

// write adds to the file. Pages of zeros become holes.
func (u *unpacking) write(p []byte) error {
	for len(p) > 0 {
		// A piece is up to the next border of a page, so that holes are at borders.
		n, zero := run(p, u.file.Size)
		if !zero {
			k, err := u.file.f.WriteAt(p[:n], u.file.Size)
			u.file.Used += int64(k)
			if err != nil {
				return u.noSpace(err)
			}
		}
		u.file.Size += int64(n)
		p = p[n:]
		if u.file.Size-u.checked >= oftenChecked {
			if err := u.look(); err != nil {
				return err
			}
		}
	}
	return nil
}

var zeros [pageSize]byte

// run returns how many of the first bytes of p are written at once, or are a hole: of
// pages that are all zero, or all not.
func run(p []byte, at int64) (n int, zero bool) {
	page := func(from int) ([]byte, bool) {
		size := min(len(p)-from, pageSize-int((at+int64(from))%pageSize))
		b := p[from : from+size]
		return b, bytesEqual(b, zeros[:size])
	}
	b, zero := page(0)
	for n = len(b); n < len(p); n += len(b) {
		var z bool
		if b, z = page(n); z != zero {
			break
		}
	}
	return n, zero
}

func bytesEqual(a, b []byte) bool { return string(a) == string(b) }

// look makes sure that neither memory nor the disk runs out.
func (u *unpacking) look() error {
	u.checked = u.file.Size
	if now := memoryInUse(); now > u.memory+maxMemory {
		return u.memoryError(fmt.Errorf("it takes more than %s of memory", Bytes(maxMemory)))
	}
	free, total, ok := u.o.space(u.file.f)
	if !ok {
		return nil
	}
	if left := reserve(total); free < left {
		return u.full(fmt.Errorf("%s are free there, of which %s are left alone", Bytes(free), Bytes(left)))
	}
	return nil
}

// reserve is how much of a disk is left to others, in bytes: a twentieth, 1 GiB at
// most.
func reserve(total int64) int64 { return min(total/20, 1<<30) }

// noSpace is the error of a write.
func (u *unpacking) noSpace(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // the file has no name that tells anything
	}
	return u.full(err)
}

func (u *unpacking) full(err error) error {
	return &Error{
		fmt.Errorf("unpack %s into %s, %s so far: %w", u.format.Name, u.o.Dir, Bytes(u.file.Used), err),
		"-unpack-dir DIR names a directory with more room",
	}
}

// memoryInUse is how much the program has allocated, in bytes.
func memoryInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// createSomewhere makes the file in the directory that was named, or in the first that
// works. Large temporary files go to /var/tmp (file-hierarchy(7)): /tmp may be in memory.
func (u *unpacking) createSomewhere() error {
	dirs := []string{u.o.Dir}
	switch {
	case u.o.Dir != "":
	case os.Getenv("TMPDIR") != "" || runtime.GOOS == "windows":
		dirs = []string{os.TempDir()}
	default:
		dirs = []string{"/var/tmp", os.TempDir()}
	}
	var first error
	for _, dir := range dirs {
		u.o.Dir = dir
		err := u.create()
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// ReadAt implements io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.f.ReadAt(p, off) } //nolint:wrapcheck // handed on

// Path opens the same file for who needs a name, as long as it is not closed.
func (f *File) Path() string {
	if f.name != "" {
		return f.name
	}
	if runtime.GOOS == "linux" {
		return fmt.Sprintf("/proc/self/fd/%d", f.f.Fd())
	}
	return fmt.Sprintf("/dev/fd/%d", f.f.Fd())
}

// Close gives the space back.
func (f *File) Close() error {
	err := f.f.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err //nolint:wrapcheck // it names the file
}

// createNamed makes a file that nobody else may read, and takes its name away where
// that can be done while it is open.
func (u *unpacking) createNamed() error {
	f, err := os.CreateTemp(u.o.Dir, ".backstop-core-*")
	if err != nil {
		return err
	}
	u.file.f = f
	if name := filepath.Clean(f.Name()); os.Remove(name) != nil {
		u.file.name = name
	}
	return nil
}

// Bytes writes a size for people, and as -unpack-max takes it.
func Bytes(n int64) string {
	size, unit := float64(n), "B"
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		if size < 1024 {
			break
		}
		size, unit = size/1024, u
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return strings.TrimSuffix(strconv.FormatFloat(size, 'f', 1, 64), ".0") + unit
}
