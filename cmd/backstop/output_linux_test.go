package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

const oneTracedPanic = `{"type":"target","at":"2026-03-01T12:00:00Z","exe":"/usr/bin/shop","pid":7,"attached":true}
{"type":"event","kind":"panic","at":"2026-03-01T12:00:01Z","pid":7,"exe":"/usr/bin/shop","class":"panic.nil_deref","message":"x","outcome":"recovered","recovery":{"by":{"func":"main.main","file":"main.go","line":7},"after_ns":21000},"site":"a","seen":1}
{"type":"summary","start":"2026-03-01T12:00:00Z","for_ns":10000000000,"targets":1,"sites":1,"events":1,"panics":1,"recovered":1,"exact":true,"losses":{}}
`

// printing are ways to make commands print, in a directory that [printable] has
// filled. The status is that with which it ends when the disk is full: 1, but where 1
// is an answer; -1 is that of a program which writes by itself.
var printing = []struct {
	line   string
	status int
}{
	{"help", 1},
	{"help trace", 1},
	{"-h", 1},
	{"version", 1},
	{"completion bash", 1},
	{"completion zsh", 1},
	{"completion fish", 1},
	{"parse crash.log", 1},
	{"parse -format json crash.log", 1},
	{"parse -summary crash.log", 1},
	{"parse -html - crash.log", 1},
	{"parse -watch -- cat crash.log", -1},
	{"same crash.log crash.log", 2},
	{"same -explain crash.log crash.log", 2},
	{"same -format json crash.log crash.log", 2},
	{"trace report trace.jsonl", 1},
	{"trace report -format json trace.jsonl", 1},
	{"snapshot a.json", 1},
	{"snapshot -format json a.json", 1},
	{"snapshot -format traceback a.json", 1},
	{"snapshot diff a.json b.json", 2},
	{"snapshot diff -format json a.json b.json", 2},
	{"core -h", 1}, // of a core: core.txtar
	{"demo -h", 1},
	{"serve -h", 1},
	{"run -h", 1},
	{"run -- cat crash.log", -1},
	{"doctor -h", 1}, // and doctor.txtar
	{"project create -data data shop", 1},
	{"project list -data data", 1},
	{"lab list", 1},
	{"lab list -format json", 1},
	{"vet rules", 1},
	{"vet rules -format json", 1},
	{"vet -explain recover-depth", 1}, // findings: vet.txtar, vet_surface.txtar
}

// printable makes what the commands of printing read.
func printable(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"crash.log": recoveredCrash, "trace.jsonl": oneTracedPanic,
		"a.json": `{"version":1,"taken_at":"2026-03-01T12:00:00Z","process":{"pid":7},"goroutines":[{"id":1,"state":"running","stack":0}],"stacks":[{"frames":[{"func":"main.main","file":"main.go","line":7}]}],"creators":[]}`,
		"b.json": `{"version":1,"taken_at":"2026-03-01T12:01:00Z","process":{"pid":7},"goroutines":[],"stacks":[],"creators":[]}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOutputOntoAFullDisk: no command ends as if it had printed what nobody can read.
func TestOutputOntoAFullDisk(t *testing.T) {
	printable(t)
	if code := run(t.Context(), []string{"project", "create", "-data", "data", "there"}, stdio{strings.NewReader(""), io.Discard, io.Discard}); code != exitOK {
		t.Fatal("no project")
	}
	seen := make(map[string]bool)
	for _, c := range printing {
		args := strings.Fields(c.line)
		seen[args[0]] = true
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		code := run(t.Context(), args, stdio{strings.NewReader(""), full, &errs})
		_ = full.Close() // nothing was written
		if c.status < 0 {
			if code == exitOK {
				t.Errorf("%s: status 0: %s", c.line, errs.String())
			}
			continue
		}
		told := strings.Contains(errs.String(), "error: write standard output: no space left on device\nhint: ")
		if code != c.status || !told {
			t.Errorf("%s: status %d, not %d: %s", c.line, code, c.status, errs.String())
		}
	}
	for _, c := range commands() {
		if !seen[c.name] {
			t.Errorf("%s is not tested", c.name)
		}
	}
}

// TestOutputToNobody: who has read enough, as head has, is told nothing.
func TestOutputToNobody(t *testing.T) {
	printable(t)
	for _, line := range []string{"help", "parse crash.log", "same crash.log crash.log", "trace report trace.jsonl", "lab list"} {
		var errs bytes.Buffer
		run(t.Context(), strings.Fields(line), stdio{strings.NewReader(""), brokenPipe{}, &errs})
		if errs.Len() > 0 {
			t.Errorf("%s: %s", line, errs.String())
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}
