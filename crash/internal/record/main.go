// Command record makes the golden files of package crash anew: it builds
// testdata/crasher with several toolchains, lets it die in many ways, and
// writes what each death left behind. `go test -run TestGolden -update` then
// writes the header lines. Paths are trimmed, so that no machine's are kept.
//
// It runs destructive programs: they bound themselves by small limits.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

var toolchains = []string{"go1.21.13", "go1.22.12", "go1.23.6", "go1.24.9", "go1.25.4", "go1.26.1", "go1.27.0"}

// A recording is one golden file for each of its toolchains.
type recording struct {
	name string
	from string   // the crasher's case, when it is not name
	env  []string // GOTRACEBACK and the like
	on   []string // minor versions; all when empty
	out  bool     // the text of debug.SetCrashOutput, not that of standard error
	race bool     // built with -race
	test bool     // the test binary, ended by -test.timeout
}

var recordings = []recording{
	{name: "goroutine"},
	{name: "nested"},
	{name: "repanicked-deep"},
	{name: "map-writes"},
	{name: "deadlock-mutex"},
	{name: "index", on: []string{"1.21", "1.24", "1.27"}},
	{name: "nil-deref", on: []string{"1.21", "1.24", "1.27"}},
	{name: "closed-chan", on: []string{"1.21", "1.27"}},
	{name: "custom-error", on: []string{"1.21", "1.27"}},
	{name: "custom-struct", on: []string{"1.21", "1.27"}},
	{name: "generic", on: []string{"1.21", "1.27"}},
	{name: "stack-overflow", on: []string{"1.21", "1.24", "1.27"}},
	{name: "deep", on: []string{"1.21", "1.27"}},
	{name: "multiline", on: []string{"1.22", "1.23"}},
	{name: "forged", on: []string{"1.22", "1.27"}},
	{name: "quoted-stack", on: []string{"1.22", "1.27"}},
	{name: "forged-headline", on: []string{"1.23", "1.27"}},
	{name: "forged-headline-system", from: "forged-headline", env: []string{"GOTRACEBACK=system"}, on: []string{"1.26"}},
	{name: "forged-system", from: "forged", env: []string{"GOTRACEBACK=system"}, on: []string{"1.22"}},
	{name: "fatal-in-defer-system", from: "fatal-in-defer", env: []string{"GOTRACEBACK=system"}, on: []string{"1.27"}},
	{name: "unknown-pc", on: []string{"1.21", "1.26"}},
	{name: "fault-panic", on: []string{"1.26"}},
	{name: "close-in-defer", on: []string{"1.27"}},
	{name: "recovered-other", on: []string{"1.25"}},
	{name: "fatal-in-defer", on: []string{"1.25", "1.26"}},
	{name: "error-panics", on: []string{"1.26"}},
	{name: "goexit-main", on: []string{"1.21"}},
	{name: "goexit-main-system", from: "goexit-main", env: []string{"GOTRACEBACK=system"}, on: []string{"1.26"}},
	{name: "threads", on: []string{"1.27"}},
	{name: "oom-limit", on: []string{"1.23", "1.26"}},
	{name: "fault", on: []string{"1.22"}},
	{name: "labels", from: "nil-map", env: []string{"CRASH_LABELS=1", "GODEBUG=tracebacklabels=1"}, on: []string{"1.26", "1.27"}},
	{name: "ancestors", from: "goroutine", env: []string{"GODEBUG=tracebackancestors=5"}, on: []string{"1.26"}},
	{name: "traceback-system", from: "goroutine", env: []string{"GOTRACEBACK=system"}, on: []string{"1.21", "1.26"}},
	{name: "traceback-crash", from: "goroutine", env: []string{"GOTRACEBACK=crash"}, on: []string{"1.27"}},
	{name: "traceback-none", from: "goroutine", env: []string{"GOTRACEBACK=none"}, on: []string{"1.26"}},
	{name: "http-serving", on: []string{"1.21", "1.27"}},
	{name: "debug-stack", on: []string{"1.24"}},
	{name: "stack-all", on: []string{"1.26"}},
	{name: "sigquit", on: []string{"1.21", "1.27"}},
	{name: "sigabrt", on: []string{"1.26"}},
	{name: "race", race: true, on: []string{"1.26"}},
	{name: "test-timeout", test: true, on: []string{"1.22", "1.26"}},
	{name: "unlock-output", from: "unlock", out: true, on: []string{"1.23", "1.27"}},
	{name: "map-writes-output", from: "map-writes", out: true, on: []string{"1.23", "1.27"}},
	{name: "deadlock-mutex-output", from: "deadlock-mutex", out: true, on: []string{"1.26"}},
	{name: "stack-overflow-output", from: "stack-overflow", out: true, on: []string{"1.26"}},
	{name: "fault-output", from: "fault", out: true, on: []string{"1.26"}},
	{name: "goroutine-output", from: "goroutine", out: true, on: []string{"1.26"}},
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: record TESTDATA [NAME...]")
	}
	names := os.Args[2:] // all when empty
	dir, err := filepath.Abs(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	work, err := os.MkdirTemp("", "record")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	for _, toolchain := range toolchains {
		minor := toolchain[2:strings.LastIndexByte(toolchain, '.')]
		for _, rec := range recordings {
			if len(rec.on) > 0 && !contains(rec.on, minor) || len(names) > 0 && !contains(names, rec.name) {
				continue
			}
			text, err := rec.run(toolchain, filepath.Join(dir, "crasher"), work)
			if err != nil {
				log.Fatalf("record %s with %s: %v", rec.name, toolchain, err)
			}
			file := filepath.Join(dir, rec.name+".go"+minor+".txt")
			if err := os.WriteFile(file, append([]byte("\n"), text...), 0o666); err != nil {
				log.Fatal(err)
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// run lets the crasher die and returns the text it left.
func (rec *recording) run(toolchain, source, work string) ([]byte, error) {
	program, err := rec.build(toolchain, source, work)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	from := rec.from
	if from == "" {
		from = rec.name
	}
	args := []string{from}
	if rec.test {
		args = []string{"-test.timeout=100ms"}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(append(os.Environ(), "GOTRACEBACK=", "GODEBUG="), rec.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if rec.test {
		cmd.Stdout = &stderr
	}
	output := filepath.Join(work, "output")
	if rec.out {
		cmd.Env = append(cmd.Env, "CRASH_OUTPUT="+output)
	}
	runErr := cmd.Run() // it dies: that is the point
	if ctx.Err() != nil {
		return nil, fmt.Errorf("it did not die: %w", runErr)
	}
	if rec.out {
		return os.ReadFile(output)
	}
	return stderr.Bytes(), nil
}

func (rec *recording) build(toolchain, source, work string) (string, error) {
	program := filepath.Join(work, toolchain)
	args := []string{"build", "-trimpath", "-o", program}
	cgo := "0"
	switch {
	case rec.race:
		program += "-race"
		args = []string{"build", "-trimpath", "-race", "-o", program}
		cgo = "1"
	case rec.test:
		program += "-test"
		args = []string{"test", "-c", "-trimpath", "-o", program}
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOWORK=off", "GOFLAGS=-buildvcs=false", "CGO_ENABLED="+cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return program, nil
}
