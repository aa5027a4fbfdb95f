package packed

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// writers are the formats that can be made here; bzip2 has a sample of its own.
var writers = map[string]func(io.Writer) (io.WriteCloser, error){
	"zstd": func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest))
	},
	"lz4": func(w io.Writer) (io.WriteCloser, error) {
		z := lz4.NewWriter(w)
		return z, z.Apply(lz4.BlockSizeOption(lz4.Block64Kb)) // as systemd-coredump does
	},
	"xz":   func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
	"gzip": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestSpeed) },
}

func pack(t testing.TB, format string, contents []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := writers[format](&b)
	if err == nil {
		_, err = w.Write(contents)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpack(t testing.TB, data []byte, o Options) (*File, error) {
	t.Helper()
	format := Find(data)
	if format == nil {
		t.Fatalf("%q is of no format", data[:MagicSize])
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	f, err := Unpack(t.Context(), bytes.NewReader(data), format, o)
	if err == nil {
		t.Cleanup(func() { f.Close() })
	}
	return f, err
}

func contents(t testing.TB, f *File) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size+1))
	if err != nil || int64(len(b)) != f.Size {
		t.Fatalf("%d bytes of %d: %v", len(b), f.Size, err)
	}
	return b
}

// sparse is memory as cores have it: of six MiB and a bit, a part is zero.
func sparse() []byte {
	b := make([]byte, 6<<20+777)
	random := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		at := random.IntN(len(b)-10_000) &^ 7
		for i := range 1 + random.IntN(9_000) {
			b[at+i] = byte(random.IntN(7))
		}
	}
	return b
}

// TestUnpack: each format gives what was packed, holes take no space, and nothing is
// left.
func TestUnpack(t *testing.T) {
	want := sparse()
	for format := range writers {
		dir := t.TempDir()
		f, err := unpack(t, pack(t, format, want), Options{Dir: dir})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if !bytes.Equal(contents(t, f), want) || f.Short != nil {
			t.Errorf("%s: other contents, %v", format, f.Short)
		}
		if f.Used == 0 || f.Used > 1<<20 {
			t.Errorf("%s: %d bytes take space", format, f.Used)
		}
		if again, err := os.ReadFile(f.Path()); err != nil || !bytes.Equal(again, want) {
			t.Errorf("%s: by its path: %v", format, err)
		}
		if names, _ := os.ReadDir(dir); len(names) > 0 && runtime.GOOS != "windows" {
			t.Errorf("%s: others see %v", format, names)
		}
		f.Close()
		if names, _ := os.ReadDir(dir); len(names) > 0 {
			t.Errorf("%s left %v", format, names)
		}
	}
	packed, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWfYW7VMAAAIZgEAAEAAbINAQIAAiA0GQgGmmi76gSgUF4u5IpwoSHsLdqmA=")
	if err != nil {
		t.Fatal(err)
	}
	if f, err := unpack(t, packed, Options{}); err != nil || string(contents(t, f)) != "core of bzip2" {
		t.Errorf("bzip2: %v", err)
	}
}

// TestUnpackCut: what was cut off gives what comes before, and says so.
func TestUnpackCut(t *testing.T) {
	want := sparse()
	for format := range writers {
		data := pack(t, format, want)
		some := 0
		for part := range 20 {
			f, err := unpack(t, data[:max(MagicSize, len(data)*part/20)], Options{})
			var hint interface{ Hint() string }
			if err != nil {
				if !errors.As(err, &hint) || hint.Hint() == "" {
					t.Errorf("%s, %d/20: %v", format, part, err)
				}
				continue
			}
			some++
			if got := contents(t, f); !bytes.HasPrefix(want, got) {
				t.Errorf("%s, %d/20: %d bytes are others", format, part, len(got))
			}
			if f.Short == nil {
				t.Errorf("%s, %d/20: it is not said that something is missing", format, part)
			}
		}
		if some < 5 {
			t.Errorf("%s: of 20 parts, %d gave anything", format, some)
		}
	}
}

// TestUnpackNoMoreThanAsked: what the beginning does not speak of is left where it is.
func TestUnpackNoMoreThanAsked(t *testing.T) {
	want := sparse()
	size := func(n int64) func([]byte) (int64, error) {
		return func(head []byte) (int64, error) {
			if !bytes.Equal(head, want[:HeadSize]) {
				t.Error("the beginning is another")
			}
			return n, nil
		}
	}
	for _, n := range []int64{1000, HeadSize, HeadSize + 5, int64(len(want)), 1 << 30} {
		f, err := unpack(t, pack(t, "zstd", want), Options{Check: size(n)})
		if err != nil {
			t.Fatal(err)
		}
		if got := contents(t, f); !bytes.Equal(got, want[:min(n, int64(len(want)))]) || f.Short != nil {
			t.Errorf("of %d: %d bytes, %v", n, len(got), f.Short)
		}
	}
	// A checksum that is wrong is told, also behind what was asked for.
	data := pack(t, "zstd", want)
	data[len(data)-1] ^= 1
	if f, err := unpack(t, data, Options{Check: size(int64(len(want)) - 10)}); err != nil || f.Short == nil {
		t.Errorf("a wrong checksum: %v", err)
	}
}

// TestUnpackRefuses: bombs and strangers take neither memory nor disk.
func TestUnpackRefuses(t *testing.T) {
	zeros := pack(t, "zstd", make([]byte, 20<<20))
	stranger := errors.New("no core")
	for name, c := range map[string]struct {
		data []byte
		o    Options
		want string
	}{
		"a bomb that says so":   {zeros, Options{Max: 10 << 20, Check: func([]byte) (int64, error) { return 1 << 40, nil }}, "unpacked it has 1TiB, and 10MiB at most are unpacked"},
		"a bomb that does not":  {zeros, Options{Max: 10 << 20}, "it is larger than that, and 10MiB at most"},
		"another that does not": {zeros, Options{Max: 1 << 20}, "it is larger than that, and 1MiB at most"},
		"a stranger":            {zeros, Options{Check: func([]byte) (int64, error) { return 0, stranger }}, "no core"},
		"no directory":          {zeros, Options{Dir: "/nowhere"}, "no such file or directory"},
		"nothing":               {pack(t, "gzip", nil), Options{}, "it is empty"},
		"cut off":               {zeros[:6], Options{}, "cut off before the end of its first block"},
		"noise":                 {append([]byte("\x28\xb5\x2f\xfd"), bytes.Repeat([]byte("x"), 100)...), Options{}, "unpack zstd: "},
		"a disk that fills":     {pack(t, "zstd", bytes.Repeat([]byte("core"), 6<<20)), Options{space: fills()}, "so far: 200MiB are free there, of which 1GiB are left alone"},
		"a huge window":         {hugeWindow(), Options{}, "exceed"},
		"a huge dictionary":     {hugeDictionary(t), Options{}, "it takes more than 1GiB of memory"},
	} {
		_, err := unpack(t, c.data, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var hint interface{ Hint() string }
		if !errors.Is(err, stranger) && (!errors.As(err, &hint) || hint.Hint() == "") {
			t.Errorf("%s: no hint: %v", name, err)
		}
	}
}

// fills is a disk of 100 GiB on which somebody else writes.
func fills() func(*os.File) (free, total int64, ok bool) {
	free := int64(5000 << 20)
	return func(*os.File) (int64, int64, bool) {
		free -= 1600 << 20
		return free, 100 << 30, true
	}
}

// hugeWindow is the header of a frame of zstd that refers back 2 GiB (RFC 8878, 3.1.1.1),
// and an empty last block.
func hugeWindow() []byte { return []byte("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00") }

// hugeDictionary is a file of xz that wants a dictionary of 1.5 GiB: the filter's
// property, behind the header of 12 bytes, the size of the block's header, flags and the
// filter's number and size; a CRC follows.
func hugeDictionary(t *testing.T) []byte {
	data := pack(t, "xz", sparse())
	const block, property = 12, 12 + 4
	if data[block+2] != 0x21 || data[block+3] != 1 {
		t.Fatalf("another header: % x", data[block:block+12])
	}
	data[property] = 37
	size := 4 * (int(data[block]) + 1)
	binary.LittleEndian.PutUint32(data[block+size-4:], crc32.ChecksumIEEE(data[block:block+size-4]))
	return data
}

func TestUnpackInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	data := pack(t, "zstd", make([]byte, 20<<20))
	if _, err := Unpack(ctx, bytes.NewReader(data), Find(data), Options{Dir: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestUnpackDamage: no damage makes it panic or hang.
func TestUnpackDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for format := range writers {
		data := pack(t, format, sparse()[:200_000])
		for range 20 {
			b := bytes.Clone(data)
			for range 1 + random.IntN(4) {
				b[MagicSize+random.IntN(len(b)-MagicSize)] ^= byte(1 + random.IntN(255))
			}
			if f, err := unpack(t, b, Options{Max: 64 << 20}); err == nil {
				f.Close()
			}
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1KiB", 1536: "1.5KiB", DefaultMax: "64GiB", 1 << 41: "2TiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, not %s", n, got, want)
		}
	}
}

// TestUnpackInterruptedWithinRead: a decoder that finds nothing to unpack reads on, and
// is interrupted nevertheless.
func TestUnpackInterruptedWithinRead(t *testing.T) {
	for format := range writers {
		ctx, cancel := context.WithCancel(t.Context())
		empty := pack(t, format, nil)
		in := &endless{of: bytes.Repeat(empty, 4096), from: 2, cancel: cancel, most: 100}
		_, err := Unpack(ctx, in, Find(empty), Options{Dir: t.TempDir()})
		if !errors.Is(err, context.Canceled) || in.reads >= in.most {
			t.Errorf("%s: %v after %d reads", format, err, in.reads)
		}
		cancel()
	}
}

// An endless reader has the same again and again, but not more often than most. It
// cancels a context when it is read from so often.
type endless struct {
	of         []byte
	at         int
	reads      int
	from, most int
	cancel     func()
}

func (e *endless) Read(p []byte) (int, error) {
	if e.reads++; e.reads == e.from {
		e.cancel()
	}
	if e.reads >= e.most {
		return 0, io.EOF
	}
	n := copy(p, e.of[e.at:])
	e.at = (e.at + n) % len(e.of)
	return n, nil
}

// TestUnpackHint: what the hint names is enough, though sizes are rounded.
func TestUnpackHint(t *testing.T) {
	const size = 2<<40 + 45<<30 // 2.04 TiB
	data := pack(t, "gzip", []byte("core"))
	_, err := unpack(t, data, Options{Check: func([]byte) (int64, error) { return size, nil }})
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) || !strings.HasPrefix(hint.Hint(), "-unpack-max 2.2TiB allows it") {
		t.Errorf("%v: %v", err, hint)
	}
}
