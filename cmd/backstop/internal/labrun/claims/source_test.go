package claims

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

const sampleGo = `package sample

// gosched is named in a comment only.
var panicking uint32

const (
	idle = iota
	running
)

type mutex struct {
	key    uintptr
	list[int]
	*other
}

type list[T any] []T

type other struct{}

type locker interface{ Lock() }

func (m *mutex) Lock() {
	m.key = 1 // yield
	/* yield */
}

func (l list[T]) Len() int { return len(l) }

func Lock() { panicking++ }
`

const sampleAsm = `#include "textflag.h"

// gosched
TEXT runtime·first(SB), NOSPLIT, $0
	CALL	runtime·second(SB) // CALL third
	RET

TEXT runtime·second<ABIInternal>(SB), NOSPLIT, $0
	MOVQ	AX, BX
	RET
`

// sampleSource is a GOROOT with two files.
func sampleSource(t *testing.T) *source {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "src", "sample")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"sample.go": sampleGo, "asm_amd64.s": sampleAsm, "broken.go": "package sample\n\nfunc fine() {}\n\nfunc broken( {\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return newSource(labrun.Toolchain{Name: "go1.26.1", Minor: 26, Root: root})
}

func TestSource(t *testing.T) {
	s := sampleSource(t)
	for _, tt := range []struct{ file, key, pattern, want string }{
		{"sample/sample.go", "panicking", `^panicking uint32$`, "true"},
		{"sample/sample.go", "Lock", `panicking\+\+`, "true"},
		{"sample/sample.go", "Lock", `m\.key = 1`, "false"},
		{"sample/sample.go", "mutex.Lock", `m\.key = 1`, "true"},
		{"sample/sample.go", "(*mutex).Lock", `m\.key = 1`, "true"},
		{"sample/sample.go", "(*mutex).Lock", `yield`, "false"},
		{"sample/sample.go", "list.Len", `return len`, "true"},
		{"sample/sample.go", "mutex", `(?s)struct \{.*key`, "true"},
		{"sample/sample.go", "running", `running`, "true"},
		{"sample/sample.go", "", `gosched`, "false"},
		{"sample/sample.go", "", `panicking uint32`, "true"},
		{"sample/sample.go", "Unlock", `.`, "absent"},
		{"sample/none.go", "", `.`, "absent"},
		{"sample/asm_amd64.s", "", `gosched|third`, "false"},
		{"sample/asm_amd64.s", "", `CALL\s+runtime·second`, "true"},
		{"sample/asm_amd64.s", "first", `MOVQ`, "false"},
		{"sample/asm_amd64.s", "second", `MOVQ`, "true"},
		{"sample/asm_amd64.s", "third", `.`, "absent"},
		{"sample/broken.go", "fine", `func fine`, "true"},
	} {
		u := &unit{name: tt.file, measures: []claim.Measure{claim.Source(tt.file, tt.key, tt.pattern)}}
		values, err := s.take(context.Background(), u)
		if err != nil {
			t.Fatal(err)
		}
		if got := values[u.measures[0]]; got.Text != tt.want {
			t.Errorf("%s %s /%s/: %+v, want %s", tt.file, tt.key, tt.pattern, got, tt.want)
		}
	}
	// What stands behind a fault is unknown, not absent.
	u := &unit{name: "sample/broken.go", measures: []claim.Measure{claim.Source("sample/broken.go", "later", ".")}}
	values, err := s.take(context.Background(), u)
	if err != nil || values[u.measures[0]].NotRun == "" {
		t.Errorf("%+v, %v: want a reason why it was not measured", values, err)
	}
}

func TestDeclared(t *testing.T) {
	s := sampleSource(t)
	f, err := s.read(filepath.Join(s.toolchain.Root, "src", "sample", "sample.go"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"panicking": true, "running": true, "mutex": true, "Lock": true, "locker.Lock": true,
		"mutex.key": true, "mutex.list": true, "mutex.other": true, "mutex.Lock": true, "(*mutex).Lock": true, "list.Len": true,
		"mutex.Unlock": false, "mutex.lock": false, "gosched": false, "key": false, "T": false,
	} {
		if got := f.declares(name); got != want {
			t.Errorf("declares %s: %v", name, got)
		}
	}
}

func TestFiles(t *testing.T) {
	if got := files("package main\n"); len(got) != 1 || got["main.go"] != "package main\n" {
		t.Errorf("one file: %q", got)
	}
	got := files("-- main.go --\npackage main\n-- sub/x.s --\n")
	if len(got) != 2 || got["main.go"] != "package main\n" || got["sub/x.s"] != "\n" {
		t.Errorf("two files: %q", got)
	}
	if len(files("")) != 0 {
		t.Error("no code is no file")
	}
}

func TestBuilt(t *testing.T) {
	for output, want := range map[string]string{
		"# claim.test\n./main.go:4:2: undefined: asm\n./main.go:5:1: more\n": "undefined: asm",
		"main.go:4: syntax error\n":     "syntax error",
		"go: cannot find main module\n": "go: cannot find main module",
		"":                              "status 1",
	} {
		if got := built("1", output); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
	if built("0", "warning") != "ok" {
		t.Error("status 0 is ok")
	}
}
