package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
