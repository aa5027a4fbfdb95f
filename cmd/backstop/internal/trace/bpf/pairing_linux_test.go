package bpf_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/gobin"
)

// What follows a panic in each shape, by the kinds of records; R2 is a recovery
// that ends two panics.
var sequences = map[string]string{
	"string":            "P R1",
	"nested":            "P P R2",
	"inner-recovered":   "P P R1 R1",
	"repanic":           "P P R2",
	"too-deep":          "P I R1",
	"recover-and-go-on": "P R1 P R1 P R1",
	"goexit-with-panic": "G P R1",
	"cgo-callback":      "P R1",
	"nil":               "P R1",
}

var letters = map[bpf.Kind]string{
	bpf.Panic: "P", bpf.Recover: "R", bpf.Ineffective: "I", bpf.Goexit: "G",
	bpf.Fatal: "F", bpf.Uncaught: "U", bpf.SignalDeath: "S", bpf.OSExit: "X",
}

// sequence writes records as letters.
func sequence(all []bpf.Record) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = letters[r.Kind]
		if r.Kind == bpf.Recover {
			words[i] += string(rune('0' + r.Panics))
		}
	}
	return strings.Join(words, " ")
}

// Recoveries are paired with the panics they end, whatever the nesting, and name
// who recovers.
func TestPairing(t *testing.T) {
	w := load(t, bpf.Options{Rate: -1})
	for i, toolchain := range tracee.Toolchains {
		mode := tracee.Modes[i%len(tracee.Modes)]
		t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
			exe := tracee.Private(t, tracee.Build(t, toolchain, mode))
			w.attach(target(t, exe))
			file, err := gobin.Open(exe)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close() //nolint:errcheck // it was read only
			p := tracee.Start(t, exe)
			before := 0
			for _, shape := range p.Shapes() {
				want, ok := sequences[shape]
				if !ok {
					continue
				}
				p.Do(shape)
				all := w.await(before+len(strings.Fields(want)), ofProcess(p))[before:]
				before += len(all)
				if got := sequence(all); got != want {
					t.Errorf("%s: %s, not %s", shape, got, want)
					continue
				}
				checkPairs(t, file, shape, all)
				if last := all[len(all)-2]; shape == "repanic" && last.Since == 0 {
					t.Errorf("%s: the second panic does not know the first", shape)
				}
			}
			if n := len(w.await(before, ofProcess(p))); n != before {
				t.Errorf("%d records, not %d", n, before)
			}
		})
	}
}

// checkPairs compares each recovery with the panic that it says it ends.
func checkPairs(t *testing.T, file *gobin.File, shape string, all []bpf.Record) {
	t.Helper()
	panics := map[int64]bpf.Record{}
	for _, r := range all {
		switch r.Kind {
		case bpf.Panic:
			checkReplaced(t, file, shape, panics[int64(r.Since)], r)
			panics[int64(r.Time)] = r
		case bpf.Ineffective:
			if names := callers(t, file, r); len(names) < 3 || names[0] != "main.helper" || names[len(names)-1] == "?" {
				t.Errorf("%s: the recover in vain is called by %v", shape, names)
			}
		case bpf.Recover:
			began, ok := panics[int64(r.Since)]
			if !ok || began.Site != r.Site || began.Goid != r.Goid || began.G != r.G || began.Type != r.Type || r.Time <= r.Since {
				t.Errorf("%s: recovery %+v of panic %+v", shape, r, began)
			}
			names := callers(t, file, r)
			if len(names) != 2 || !strings.HasPrefix(names[0], "main.") || !strings.Contains(names[0], "func") {
				t.Errorf("%s: recovered by %v", shape, names)
			}
			resumed := nameAt(t, file, r.Resume-r.Bias-1)
			goexit := shape == "goexit-with-panic" && strings.HasPrefix(resumed, "runtime.") // it is that which goes on
			if !strings.HasPrefix(resumed, "main.") && !goexit {
				t.Errorf("%s: goes on in %s", shape, resumed)
			}
		}
	}
}

// checkReplaced looks at what a panic says of the one that was recovered before.
func checkReplaced(t *testing.T, file *gobin.File, shape string, before, r bpf.Record) {
	t.Helper()
	if shape != "repanic" || before.Kind == 0 && r.Since == 0 {
		if r.Since != 0 || r.Recoverer != nil {
			t.Errorf("%s: a panic instead of that of %v, recovered by %v", shape, r.Since, callers(t, file, r))
		}
		return
	}
	names := callers(t, file, r)
	if before.Kind != bpf.Panic || len(names) != 2 || !strings.HasPrefix(names[0], "main.") {
		t.Errorf("%s: a panic instead of %+v, recovered by %v", shape, before, names)
	}
}

// callers are the functions with code that called recover.
func callers(t *testing.T, file *gobin.File, r bpf.Record) []string {
	t.Helper()
	names := make([]string, len(r.Recoverer))
	for i, ret := range r.Recoverer {
		names[i] = nameAt(t, file, ret-r.Bias-1)
	}
	return names
}

func nameAt(t *testing.T, file *gobin.File, pc uint64) string {
	t.Helper()
	fn, err := file.FuncAt(pc)
	if err != nil {
		return "?"
	}
	return fn.Name
}

// A deferred function that recovers and then exits never returns: the exit says
// which panic it was and who recovered it.
func TestRecoverAndExit(t *testing.T) {
	w := load(t, bpf.Options{})
	for _, toolchain := range tracee.Toolchains {
		t.Run(toolchain, func(t *testing.T) {
			exe := tracee.Private(t, tracee.BuildFrom(t, os.DirFS("testdata/leave"), toolchain, tracee.Stripped))
			w.attach(target(t, exe))
			cmd := exec.Command(exe)
			_ = cmd.Run() // it exits with 3
			all := w.await(2, func(r bpf.Record) bool { return int(r.PID) == cmd.Process.Pid })
			if got := sequence(all); got != "P X" {
				t.Fatal(got)
			}
			file, err := gobin.Open(exe)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close() //nolint:errcheck // it was read only
			exit := all[1]
			names := callers(t, file, exit)
			if exit.Since != all[0].Time || exit.Code != 3 || len(names) != 2 || names[0] != "main.main.func1" {
				t.Errorf("exit %+v, of a panic recovered by %v", exit, names)
			}
		})
	}
}
