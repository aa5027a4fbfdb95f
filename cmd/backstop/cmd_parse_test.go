package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
)

const recoveredCrash = `2026/11/20 19:44:07 http: panic serving 127.0.0.1:35460: assignment to entry in nil map
goroutine 5 [running]:
net/http.(*conn).serve.func1()
	net/http/server.go:1873 +0xb9
panic({0x677360?, 0x739b20?})
	runtime/panic.go:920 +0x270
main.handler({0x617a29, 0xc00006c210}, 0xc000106000)
	/src/main.go:249 +0x29
created by net/http.(*Server).Serve in goroutine 18
	net/http/server.go:3091 +0x5cb
`

// A program that goes on and says nothing more must not keep its crash back.
func TestParseShowsCrashOfLivingProgram(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shown := make(chan string, 1)
	done := make(chan int)
	go func() {
		var stderr bytes.Buffer
		done <- run(context.Background(), []string{"parse"}, stdio{r, writerFunc(func(p []byte) { shown <- string(p) }), &stderr})
	}()
	if _, err := w.WriteString(recoveredCrash); err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-shown:
		if !strings.Contains(text, "panic.nil_map") || !strings.Contains(text, "the process went on") {
			t.Errorf("shown:\n%s", text)
		}
	case <-time.After(30 * time.Second):
		t.Error("nothing was shown while the pipe was open")
	}
	w.Close()
	if code := <-done; code != exitOK {
		t.Errorf("status %d", code)
	}
}

// A pause in the middle of compressed input is no error.
func TestParseSlowGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(recoveredCrash)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	in := &pausing{data: packed.Bytes()}
	unpacked, err := unpack(in, io.NopCloser(nil))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unpacked); err != nil || string(text) != recoveredCrash {
		t.Errorf("error %v, text:\n%s", err, text)
	}
}

// pausing yields one byte at a time and a pause after each.
type pausing struct {
	data  []byte
	pause bool
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.pause = !p.pause; p.pause {
		return 0, crash.ErrPause
	}
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.data[:1])
	p.data = p.data[1:]
	return n, nil
}

// What is packed for others, or no text, says so, and how to go on.
func TestParsePacked(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, err, hint string }{
		"a.zst": {"\x28\xb5\x2f\xfd....", "compressed with zstd, which is not read here", "zstd -dc FILE | backstop parse"},
		"a.xz":  {"\xfd7zXZ\x00....", "compressed with xz, which is not read here", "xz -dc FILE | backstop parse"},
		"a.zip": {"PK\x03\x04....", "compressed with zip, which is not read here", "unzip -p FILE | backstop parse"},
		"a.bz2": {"BZh9....", "unexpected EOF", "FILE is a text file"},
		"a.gz":  {"\x1f\x8b....", "unpack gzip: ", "FILE is a text file"},
		"app":   {"\x7fELF\x02\x01panic: %v\ngoroutine 1 [running]:\n", "app: is a program or a core dump", "FILE is a text file"},
		"del":   {"\x7fEL", "no crash found in", "a traceback begins"},
		"PK":    {"PK", "no crash found in", "a traceback begins"},
		"BZ":    {"BZ\n\x1f\x8b", "no crash found in", "a traceback begins"},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		code := run(context.Background(), []string{"parse", file}, stdio{strings.NewReader(""), &out, &errs})
		if code != exitFail || !strings.Contains(errs.String(), c.err) || !strings.Contains(errs.String(), "\nhint: "+c.hint) {
			t.Errorf("%s: status %d\n%s%s", name, code, out.String(), errs.String())
		}
	}
}

// bzipped is recoveredCrash as bzip2 writes it: package compress/bzip2 only reads.
const bzipped = "" +
	"QlpoOTFBWSZTWalhsqIAAEDbgEAwQH3/8IgKP+ffajABDbYiCMUTCaaep6mhiNGmagbUCKeoyaYgAADQAABKFMTCKfpT0jBogfqg" +
	"DRtSdoAoOK18Fsawq3bB64KVkuEIXLGBHJ391XB6PXb+PU0OQW2w3HbI4Z0ouDOtXIH3zPCdPQbMVJxGHT2aQHXrfBIuIGjQug2L" +
	"JxSLZy3qSZCfg3gKAgKntHomiIKQgZGgZTI6kUqmZLSk/k+EmIq9iBvhtzr0D5QLE58aHnoOLS2/SvOj01MZWbD6enTqqpENqmTB" +
	"fg1guekFpcWGJul0jOLnqKprJhz/kuHI6GnOOxVxcHBTuJOQlhjEMpUOtXiSziTk1K3gzVIRQu5Ia5HYKJ4oBZxCJ/xdyRThQkKl" +
	"hsqI"

func TestParseBzip2(t *testing.T) {
	packed, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	in, err := unpack(bytes.NewReader(packed), io.NopCloser(nil))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(in); err != nil || string(text) != recoveredCrash {
		t.Errorf("error %v, text:\n%s", err, text)
	}
}

func TestParseStopsWhenNobodyReads(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "crash.log")
	if err := os.WriteFile(file, []byte(recoveredCrash), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	code := run(context.Background(), []string{"parse", file, file}, stdio{strings.NewReader(""), fullWriter{}, &errs})
	if want := "error: write standard output: disk full\nhint: what was printed is not complete"; code != exitFail || !strings.HasPrefix(errs.String(), want) {
		t.Errorf("status %d, errors %q, want 1 and %q", code, errs.String(), want)
	}
}

// Status 1 of same means that the crashes differ, and nothing else.
func TestSameWriteError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "crash.log")
	if err := os.WriteFile(file, []byte(recoveredCrash), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	if code := run(context.Background(), []string{"same", file, file}, stdio{strings.NewReader(""), fullWriter{}, &errs}); code != exitUsage {
		t.Errorf("status %d, want 2: %s", code, errs.String())
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

func TestParseGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(recoveredCrash)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	whole, cut := filepath.Join(dir, "crash.log.gz"), filepath.Join(dir, "cut.log.gz")
	if err := os.WriteFile(whole, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, packed.Bytes()[:packed.Len()-8], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file string
		code int
		err  string
	}{
		{whole, exitOK, ""},
		{cut, exitFail, "unexpected EOF"},
	} {
		var out, errs bytes.Buffer
		code := run(context.Background(), []string{"parse", "-format", "json", tt.file}, stdio{strings.NewReader(""), &out, &errs})
		if code != tt.code || !strings.Contains(errs.String(), tt.err) || !strings.Contains(out.String(), `"class":"panic.nil_map"`) {
			t.Errorf("parse %s: status %d\n%s%s", filepath.Base(tt.file), code, out.String(), errs.String())
		}
	}
}
