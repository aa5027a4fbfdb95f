package corpus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/analysis/corpus"
)

// executed is the part of the faults that must really happen in TestExecuted.
const executed = 0.6

// memory bounds the address space of a child, so that a huge allocation is an
// end of the child only.
const memory = 6 << 20 // KiB

// TestExecuted provokes what the labels say, each in a process of its own: faults
// must end as their labels say and at their lines, look-alikes must survive the
// same provocation and leave no goroutine.
func TestExecuted(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program and starts it some hundred times")
	}
	if runtime.GOOS != "linux" {
		t.Skip("bounds the memory of children as Linux does")
	}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	all, err := corpus.Read(testdata)
	if err != nil {
		t.Fatal(err)
	}
	cases := slices.DeleteFunc(slices.Clone(all), func(c *corpus.Case) bool {
		_, err := os.Stat(filepath.Join(testdata, c.Module, part(c), c.Name, "provoke.go"))
		return err != nil
	})
	program := buildProvoker(t, testdata, cases)

	ran := 0
	for _, c := range cases {
		tags := make(map[string][]corpus.Label)
		for _, l := range c.Labels {
			if l.Tag != "" && (l.Kind == corpus.Fault && l.Note != "" || l.Kind == corpus.Fine) {
				tags[l.Tag] = append(tags[l.Tag], l)
			}
		}
		for tag, labels := range tags {
			for _, l := range labels {
				if l.Kind == corpus.Fault {
					ran++
				}
			}
			t.Run(c.Name+"/"+tag, func(t *testing.T) {
				t.Parallel()
				r := provoke(t, program, c.Name, tag, labels)
				for _, l := range labels {
					if err := r.agrees(l); err != nil {
						t.Errorf("%s %s #%s %q: %v\n%s", l, l.Kind, tag, l.Note, err, tail(r.output))
					}
				}
			})
		}
	}
	faults := len(labels(all, corpus.Fault))
	t.Logf("%d of %d faults are executed", ran, faults)
	if float64(ran) < executed*float64(faults) {
		t.Errorf("%d of %d faults are executed, want %.0f %%", ran, faults, 100*executed)
	}
}

func part(c *corpus.Case) string {
	if c.Held {
		return "held"
	}
	return "dev"
}

// buildProvoker builds one program of all cases: an overlay adds its main, and
// makes packages of those cases that are programs themselves.
func buildProvoker(t *testing.T, testdata string, cases []*corpus.Case) string {
	t.Helper()
	dir := t.TempDir()
	module := filepath.Join(testdata, "cases")
	replace := make(map[string]string)
	var imports, table strings.Builder
	for i, c := range cases {
		fmt.Fprintf(&imports, "\tcase%d %q\n", i, "corpus.test/"+part(c)+"/"+c.Name)
		fmt.Fprintf(&table, "\t%q: case%d.Provoke,\n", c.Name, i)
		for _, name := range []string{"case.go", "provoke.go"} {
			path := filepath.Join(module, part(c), c.Name, name)
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if library := bytes.Replace(source, []byte("\npackage main\n"), []byte("\npackage program\n"), 1); !bytes.Equal(library, source) {
				replace[path] = write(t, filepath.Join(dir, fmt.Sprintf("%d-%s", i, name)), library)
			}
		}
	}
	main := strings.NewReplacer("IMPORTS", imports.String(), "TABLE", table.String()).Replace(provoker)
	replace[filepath.Join(module, "provoker", "main.go")] = write(t, filepath.Join(dir, "main.go"), []byte(main))
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "provoker")
	cmd := exec.Command("go", "build", "-tags", "provoke", "-overlay", write(t, filepath.Join(dir, "overlay.json"), overlay), "-o", program, "./provoker")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// provoker is the main of the program. What is left after the provocation is
// printed, once goroutines had time to end.
const provoker = `package main

import (
IMPORTS
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

var cases = map[string]func() map[string]func(){
TABLE}

func main() {
	debug.SetMaxStack(32 << 20)
	f := cases[os.Args[1]]()[os.Args[2]]
	if f == nil {
		fmt.Println("NO SUCH PROVOCATION")
		os.Exit(9)
	}
	f()
	var stacks string
	for range 40 {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		if strings.Count(stacks, "/case.go:") == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("RETURNED")
	fmt.Println(stacks)
}
`

// A run is how one child ended.
type run struct {
	output  string
	code    int  // of the exit; -1 after a signal
	stopped bool // had to be stopped
}

func provoke(t *testing.T, program, name, tag string, labels []corpus.Label) *run {
	limit := 20 * time.Second
	if slices.ContainsFunc(labels, func(l corpus.Label) bool {
		return l.Kind == corpus.Fault && (strings.HasPrefix(l.Note, "hang") || strings.HasPrefix(l.Note, "spin"))
	}) {
		limit = time.Second
	}
	// Races are a matter of luck: some tries are allowed.
	tries := 1
	if slices.ContainsFunc(labels, func(l corpus.Label) bool {
		return l.Kind == corpus.Fault && (l.Rule == "map-race" || l.Note == "shown")
	}) {
		tries = 5
	}
	var r *run
	for range tries {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		cmd := exec.CommandContext(ctx, "sh", "-c", fmt.Sprintf(`ulimit -v %d && ulimit -c 0 && exec "$@"`, memory), "sh", program, name, tag)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "GOTRACEBACK=all", "GOMAXPROCS=4", "TMPDIR="+cmd.Dir)
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
		cmd.WaitDelay = 5 * time.Second
		out, err := cmd.CombinedOutput()
		r = &run{output: string(out), code: cmd.ProcessState.ExitCode(), stopped: ctx.Err() != nil}
		cancel()
		if err != nil || strings.Contains(r.output, "SHOWN") {
			break
		}
	}
	return r
}

// agrees compares the end of a child with a label.
func (r *run) agrees(l corpus.Label) error {
	base := strings.SplitN(l.File, "/", 2)[1]
	line := fmt.Sprintf("%s:%d", base, l.Line)
	if l.Kind == corpus.Fine {
		switch {
		case !strings.Contains(r.output, "RETURNED"):
			return fmt.Errorf("did not survive: exit %d", r.code)
		case strings.Contains(r.output, "SHOWN"):
			return fmt.Errorf("is a fault")
		case strings.Contains(r.left(), base+":"):
			return fmt.Errorf("left a goroutine")
		}
		return nil
	}
	kind, text, _ := strings.Cut(l.Note, ": ")
	died := r.code == 2 && !r.stopped && strings.Contains(r.output, text)
	switch {
	case kind == "panic", kind == "fatal":
		if !died || !strings.Contains(r.output, map[string]string{"panic": "panic: ", "fatal": "fatal error: "}[kind]) {
			return fmt.Errorf("exit %d", r.code)
		}
		if kind == "panic" && r.first(base) != line {
			return fmt.Errorf("the first frame is %s", r.first(base))
		}
		// Of two goroutines that race, either may notice.
		if l.Rule != "map-race" && !strings.Contains(r.output, line) {
			return fmt.Errorf("the line is not in the traceback")
		}
	case kind == "dies":
		if !died {
			return fmt.Errorf("exit %d", r.code)
		}
	case strings.HasPrefix(kind, "exit "):
		if fmt.Sprint("exit ", r.code) != kind {
			return fmt.Errorf("exit %d", r.code)
		}
	case kind == "leak":
		if !strings.Contains(r.left(), line) {
			return fmt.Errorf("no goroutine is left at the line")
		}
	case kind == "hang":
		if !r.stopped && !strings.Contains(r.output, "all goroutines are asleep") {
			return fmt.Errorf("ended: exit %d", r.code)
		}
	case kind == "spin":
		if !r.stopped {
			return fmt.Errorf("ended: exit %d", r.code)
		}
	case kind == "shown":
		if !strings.Contains(r.output, "SHOWN") {
			return fmt.Errorf("was not shown")
		}
	default:
		return fmt.Errorf("unknown end")
	}
	return nil
}

// left is the goroutines that were left when the provocation had returned.
func (r *run) left() string {
	_, stacks, _ := strings.Cut(r.output, "RETURNED")
	return stacks
}

// first is the innermost frame in the file of the case.
func (r *run) first(base string) string {
	for text := range strings.Lines(r.output) {
		if i := strings.Index(text, base+":"); i >= 0 && text[0] == '\t' {
			place, _, _ := strings.Cut(strings.TrimSpace(text[i:]), " ")
			return place
		}
	}
	return "none"
}

func tail(s string) string {
	lines := strings.Split(s, "\n")
	if len(lines) > 25 {
		lines = lines[:25]
	}
	return strings.Join(lines, "\n")
}
