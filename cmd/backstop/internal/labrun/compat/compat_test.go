package compat

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
)

var local = strings.Fields(runtime.Version())[0] // without the experiments

// needToolchains skips a test that needs what is not at hand.
func needToolchains(t *testing.T, names ...string) []string {
	t.Helper()
	if runtime.GOOS != "linux" {
		crashtest.Skip(t, "supervision is told for Linux")
	}
	for _, n := range names {
		crashtest.NeedToolchain(t, n)
	}
	return names
}

// measure runs the lab on a module in testdata, as its user would.
func measure(t *testing.T, module string, o Options) *Report {
	t.Helper()
	r, err := Run(context.Background(), options(t, module, o))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	r.WriteText(&text)
	t.Logf("%s", text.Bytes())
	return r
}

func options(t *testing.T, module string, o Options) Options {
	t.Helper()
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	t.Setenv("BACKSTOP_POINTS", "*=panic") // of whoever runs the lab: not for the program
	dir, err := filepath.Abs(filepath.Join("testdata", module))
	if err != nil {
		t.Fatal(err)
	}
	o.Dir = dir
	if o.Toolchains == nil {
		o.Toolchains = []string{local}
	}
	return o
}

func requests(t *testing.T, paths ...string) []Request {
	t.Helper()
	var all []Request
	for _, p := range paths {
		r, err := ParseRequest("GET http://" + Addr + p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// wantResults compares the results of a point. What is not listed must pass, or
// not apply.
func wantResults(t *testing.T, r *Report, toolchain, point string, want map[Check]Result) {
	t.Helper()
	seen := 0
	for _, c := range r.Cells {
		if c.Toolchain != toolchain || c.Point != point {
			continue
		}
		seen++
		w, listed := want[c.Check]
		if c.Result != w && (listed || c.Result != Pass && c.Result != NotApplicable) {
			t.Errorf("%s, %s, %s: %s (%s), want %s", toolchain, point, c.Check, c.Result, c.Detail, w)
		}
	}
	if seen == 0 {
		t.Errorf("%s has nothing on %s", toolchain, point)
	}
}

func TestServiceThatDoesRight(t *testing.T) {
	tools := needToolchains(t, "go1.22.12", local, "go1.27.0")
	r := measure(t, "svc", Options{
		Command: []string{".", "-listen", Addr}, Toolchains: tools,
		Requests: requests(t, "/buy", "/later", "/stray"),
	})
	all := map[Check]Result{
		Fired: Pass, Arrived: Pass, Once: Pass, Class: Pass, Trace: Pass, Service: Pass, Release: Pass,
		Environment: Pass, AtOnce: Pass, Answers: Pass, Goroutines: Pass, Ends: Pass,
	}
	dies := map[Check]Result{Arrived: Pass, Once: Pass, Trace: Pass, Release: Pass, AtOnce: NotApplicable, Answers: NotApplicable, Ends: Pass}
	for _, tool := range tools {
		wantResults(t, r, tool, "", map[Check]Result{Build: Pass, Plain: Pass})
		wantResults(t, r, tool, "checkout.charge", all)
		wantResults(t, r, tool, "ledger.credit", all)
		wantResults(t, r, tool, "stray.work", dies)
		want := "monitor+supervisor"
		if tool == "go1.22.12" {
			want = "supervisor" // there is no monitor before Go 1.23
		}
		if c, _ := r.find(tool, "stray.work", Arrived); c.Value != want {
			t.Errorf("%s: a panic that nobody guards is seen by %q, want %q", tool, c.Value, want)
		}
	}
	if !r.OK() {
		t.Error("the report is not OK")
	}
}

// TestServiceWithBugs finds each of them, and nothing else.
func TestServiceWithBugs(t *testing.T) {
	needToolchains(t, local)
	r := measure(t, "svc", Options{
		Command: []string{"go", "run", "-trimpath", "-tags", "none", ".", "-listen", Addr}, Wait: 4 * time.Second,
		Requests: requests(t, "/lose", "/hold", "/hang", "/leak", "/twice"),
	})
	wantResults(t, r, local, "checkout.charge", map[Check]Result{Fired: Pass, Arrived: Pass, Trace: Fail, AtOnce: Fail, Answers: Pass})
	wantResults(t, r, local, "stock.reserve", map[Check]Result{Trace: Pass, Answers: Fail, Ends: Fail})
	wantResults(t, r, local, "guard.waits", map[Check]Result{Trace: Pass, Answers: Fail, Ends: Fail})
	wantResults(t, r, local, "price.ask", map[Check]Result{Trace: Pass, AtOnce: Pass, Answers: Pass, Goroutines: Fail, Ends: Pass})
	wantResults(t, r, local, "mail.send", map[Check]Result{Arrived: Pass, Once: Fail, Trace: Pass, AtOnce: Pass, Answers: Pass})
	if r.OK() {
		t.Error("the report is OK")
	}
}

func TestTests(t *testing.T) {
	tools := needToolchains(t, "go1.22.12", local)
	r := measure(t, "tested", Options{Command: []string{"go", "test", "./..."}, Toolchains: tools, Wait: 5 * time.Second})
	for _, tool := range tools {
		wantResults(t, r, tool, "bill.write", map[Check]Result{Fired: Pass, Arrived: Pass, Once: Pass, Trace: Pass, Service: Pass, Release: Pass, Ends: Pass})
		wantResults(t, r, tool, "bill.archive", map[Check]Result{Fired: Pass, Arrived: Pass, Trace: NotApplicable})
		wantResults(t, r, tool, "bill.print", map[Check]Result{Fired: Pass, Arrived: Fail, Trace: NotApplicable})
		if c, _ := r.find(tool, "bill.write", Service); c.Value != "billing" {
			t.Errorf("the program calls itself billing, the report %q", c.Value)
		}
		if c, _ := r.find(tool, "bill.print", Arrived); !strings.Contains(c.Detail, "nobody guards it") {
			t.Errorf("why it did not arrive: %q", c.Detail)
		}
	}
}

// TestNothingShown: a fault that did not happen is no pass.
func TestNothingShown(t *testing.T) {
	needToolchains(t, local)
	r := measure(t, "tested", Options{Command: []string{"go", "test", "-run", "Archive", "."}, Points: []string{"bill.write"}, Wait: 5 * time.Second})
	wantResults(t, r, local, "bill.write", map[Check]Result{Fired: Invalid})
	if c, _ := r.find(local, "", Idle); c.Value != "bill.archive" {
		t.Errorf("points that were not armed: %q", c.Value)
	}
	if r.OK() {
		t.Error("the report is OK")
	}
	r = measure(t, "tested", Options{Command: []string{"go", "test", "-run", "None", "."}})
	wantResults(t, r, local, "", map[Check]Result{Fired: Invalid})
	if r.OK() {
		t.Error("without any point, the report is OK")
	}
}

func TestNotRun(t *testing.T) {
	tools := needToolchains(t, "go1.22.12", local)
	t.Setenv("GOPROXY", "off")
	for _, command := range [][]string{{"."}, {"go", "test", "."}} {
		r := measure(t, "future", Options{Command: command, Toolchains: append([]string{"go1.22.99"}, tools...)})
		wantResults(t, r, "go1.22.99", "", map[Check]Result{Build: NotRun})
		wantResults(t, r, "go1.22.12", "", map[Check]Result{Build: NotRun})
		if c, _ := r.find("go1.22.12", "", Build); c.Detail != "go.mod asks for Go 1.26" {
			t.Errorf("the reason is %q", c.Detail)
		}
		wantResults(t, r, local, "", map[Check]Result{Build: Pass, Fired: Invalid})
	}
	r := measure(t, "broken", Options{Command: []string{"."}})
	wantResults(t, r, local, "", map[Check]Result{Build: Fail})
	if c, _ := r.find(local, "", Build); !strings.Contains(c.Detail, "undefined: undefined") {
		t.Errorf("the reason is %q", c.Detail)
	}
	r = measure(t, "broken", Options{Command: []string{"go", "test", "."}})
	wantResults(t, r, local, "", map[Check]Result{Build: Pass, Plain: Fail})
}

// TestExecutable builds again what a file was built from.
func TestExecutable(t *testing.T) {
	needToolchains(t, local)
	o := options(t, "svc", Options{Requests: requests(t, "/buy"), AtOnce: 2})
	file := filepath.Join(t.TempDir(), "svc")
	cmd := exec.Command("go", "build", "-tags", "one,two", "-o", file, ".")
	cmd.Dir = o.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	o.Command = []string{file, "-listen", Addr}
	target, err := understand(context.Background(), o)
	if err != nil || target.pkg[0] != "example.org/svc" || !slices.Contains(target.flags, "-tags=one,two") {
		t.Errorf("understood as %+v, %v", target, err)
	}
	r, err := Run(context.Background(), o)
	if err != nil || !r.OK() {
		t.Errorf("%v, %+v", err, r)
	}
	o.Dir = t.TempDir()
	wantHint(t, o, "no package of the module around")
}

// wantHint wants an error with a next step.
func wantHint(t *testing.T, o Options, text string) {
	t.Helper()
	_, err := Run(context.Background(), o)
	var h *Hinted
	if !errors.As(err, &h) || h.Hint == "" || !strings.Contains(err.Error(), text) {
		t.Errorf("%v: %v, want %s, and a hint", o.Command, err, text)
	}
}

func TestCommandsThatAreNone(t *testing.T) {
	needToolchains(t, local)
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for text, command := range map[string][]string{
		"no command given":                   {},
		"nonsense is no program":             {"nonsense"},
		"./nonsense is no program":           {"./nonsense"},
		"go build is neither":                {"go", "build"},
		"given no package":                   {"go", "run", "-race"},
		"-exec":                              {"go", "run", "-exec", "x", "."},
		"is not of this module":              {"go", "run", "example.org/x@latest"},
		"does not say what it was built":     {script},
		"which is no package of the module":  {os.Args[0]},
		". is package tested, not a program": {"."},
	} {
		module := "svc"
		if strings.Contains(text, "tested") {
			module = "tested"
		}
		wantHint(t, options(t, module, Options{Command: command}), text)
	}
	wantHint(t, options(t, "svc", Options{Command: []string{"go", "test", "."}, Requests: requests(t, "/")}), "takes no requests")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	request, err := ParseRequest("GET http://" + l.Addr().String() + "/buy")
	if err != nil {
		t.Fatal(err)
	}
	wantHint(t, options(t, "svc", Options{Command: []string{"."}, Requests: []Request{request}}), "something else listens")
}

// TestInterrupted leaves nothing behind, wherever it is interrupted.
func TestInterrupted(t *testing.T) {
	needToolchains(t, local)
	for _, at := range []string{"building", "running without faults", "guard.waits panics (1 of 1)"} {
		temp := t.TempDir()
		t.Setenv("TMPDIR", temp)
		ctx, cancel := context.WithCancel(context.Background())
		reached := false
		_, err := Run(ctx, options(t, "svc", Options{
			Command: []string{".", "-listen", Addr}, Requests: requests(t, "/hang"), Wait: time.Second,
			Note: func(what string) {
				if strings.HasSuffix(what, at) {
					reached = true
					time.AfterFunc(100*time.Millisecond, cancel)
				}
			},
		}))
		cancel()
		if !reached || !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted while %s (%v): %v", at, reached, err)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("interrupted while %s, it leaves %v", at, left)
		}
	}
}
