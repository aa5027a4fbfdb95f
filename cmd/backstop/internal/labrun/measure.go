package labrun

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/harness"
	"github.com/backstop-go/backstop/lab/scenario"
)

// This file is what package claims measures with, besides rows.

// Jobs is how many programs run at once.
func (l *Lab) Jobs() int { return l.jobs }

// Fresh reports whether what is in the cache is to be measured again.
func (l *Lab) Fresh() bool { return l.fresh }

// Reason returns why something cannot be measured here, and false for an error of
// the lab's own.
func Reason(err error) (why string, ok bool) {
	var no *impossible
	var gone *Unavailable
	switch {
	case errors.As(err, &no):
		return no.why, true
	case errors.As(err, &gone):
		return gone.Error(), true
	}
	return "", false
}

// Observe gives the row of a scenario and the two runs it is made of, from the
// cache where they are there. What could not be run is a row that says why, and
// there are no runs.
func (l *Lab) Observe(ctx context.Context, t Toolchain, s scenario.Scenario, setting Setting) (Row, *Runs, error) {
	j := job{toolchain: t, scenario: s, setting: setting}
	runs, err := l.runs(ctx, j)
	row, err := l.judge(j, runs, err)
	return row, runs, err
}

// ProbeKey changes with everything a probe depends on, besides its name.
func (l *Lab) ProbeKey(t Toolchain, setting Setting) (string, error) {
	p, err := findProgram("probe")
	if err != nil {
		return "", err
	}
	source, err := sourceKey(p.Dir, "launch", "bounded")
	if err != nil {
		return "", err
	}
	text, err := json.Marshal([]any{source, p, setting, t})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12]), nil
}

// probeWait bounds a probe.
const probeWait = 90 * time.Second

// Probe runs a probe and returns the lines it printed, by key. A probe that a
// toolchain does not have, or that does not end well, has a [Reason].
func (l *Lab) Probe(ctx context.Context, t Toolchain, name string, setting Setting) (map[string]string, error) {
	s := scenario.Scenario{Name: name, Program: "probe", Wait: probeWait}
	trace, _, err := l.Run(ctx, t, s, setting, false)
	if err != nil {
		return nil, err
	}
	switch exit, signal := ending(&trace.Result); {
	case signal != nil:
		return nil, cannot("probe %s died of %s: %s", name, *signal, firstLine(trace.Stderr))
	case exit == Exit(fmt.Sprint(harness.Unknown)):
		return nil, cannot("Go 1.%d has no probe %s", t.Minor, name)
	case exit != "0":
		return nil, cannot("probe %s ended with %s: %s", name, exit, firstLine(trace.Stderr))
	}
	values := make(map[string]string)
	for _, line := range strings.Split(string(trace.Stdout), "\n") {
		if key, value, ok := strings.Cut(line, "="); ok {
			values[key] = value
		}
	}
	return values, nil
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return clean(line)
}

// A GoRun is a go command to be run on files of a module of its own.
type GoRun struct {
	Args  []string
	Files map[string]string // by name; a go.mod is added where there is none
	Env   []string
	Wait  time.Duration
}

// Go runs a go command of a toolchain in a directory of its own, which is gone
// afterwards. It asks no network for modules, and is ended with all it started
// when its time is over. Both streams come as one, the directory's name cut out.
func (l *Lab) Go(ctx context.Context, t Toolchain, goLine string, run GoRun) (result bounded.Result, output string, err error) {
	dir, err := os.MkdirTemp("", "backstop-lab-")
	if err != nil {
		return result, "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	module := filepath.Join(dir, "module")
	if err := writeModule(module, goLine, run.Files); err != nil {
		return result, "", err
	}
	l.builds <- struct{}{}
	defer func() { <-l.builds }()
	both := filepath.Join(dir, "output")
	spec := bounded.Spec{
		Argv: append([]string{"go"}, run.Args...), Dir: module,
		Env:    goEnv(t.Name, append([]string{"GOPROXY=off", "GOTMPDIR=" + dir}, run.Env...)...),
		Stdout: both, Stderr: both, Wait: run.Wait.Milliseconds(),
	}
	if err := l.launch(ctx, spec, &result); err != nil {
		return result, "", err
	}
	text, err := os.ReadFile(both)
	if err != nil {
		return result, "", err
	}
	if len(text) > maxText {
		text = text[:maxText]
	}
	output = strings.NewReplacer(module+string(filepath.Separator), "", module, ".", dir, ".", t.Root, "GOROOT").Replace(string(text))
	return result, output, nil
}

func writeModule(dir, goLine string, files map[string]string) error {
	if goLine == "" {
		goLine = DefaultGoLine
	}
	if !goLineForm.MatchString(goLine) {
		return fmt.Errorf("%q is no go line, such as 1.21", goLine)
	}
	if _, ok := files["go.mod"]; !ok {
		if err := writeFile(filepath.Join(dir, "go.mod"), "module claim.test\n\ngo "+goLine+"\n"); err != nil {
			return err
		}
	}
	for name, text := range files {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("%q is no name of a file in a module", name)
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

// GoContext is what go/build needs to know of a toolchain to choose files: its
// tool tags name the experiments that are on.
func GoContext(ctx context.Context, t Toolchain) (toolTags []string, err error) {
	out, err := goOutput(ctx, "", t.Name, "list", "-f", `{{range context.ToolTags}}{{.}} {{end}}`, "runtime")
	if err != nil {
		return nil, &Unavailable{t.Name, err}
	}
	return strings.Fields(out), nil
}

// Releases writes toolchains as ranges of releases: "1.21..1.24, 1.26".
func Releases(toolchains []string) string { return releases(toolchains) }
