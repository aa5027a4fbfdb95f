package compat

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// A target is what the command names: tests, or a main package to be built.
type target struct {
	dir   string
	tests []string // arguments of go test; nil for a program
	flags []string // of go build
	pkg   []string // one package, or files
	args  []string // of the program
	env   []string // for the build
}

// A program can be started.
type program struct {
	command []string
	env     []string
}

const kinds = "give go test ARGS, go run PACKAGE ARGS, a directory or import path with a main package, or an executable built from the module around"

// understand finds out what the command is.
func understand(ctx context.Context, o Options) (target, error) {
	if len(o.Command) == 0 || o.Command[0] == "" {
		return target{}, hinted("backstop lab compat [flags] -- COMMAND: "+kinds, "no command given")
	}
	t := target{dir: o.Dir}
	word, rest := o.Command[0], o.Command[1:]
	if _, err := exec.LookPath("go"); err != nil {
		return t, hinted("install Go (https://go.dev/dl) and put its bin directory into PATH", "there is no go command in PATH")
	}
	if word == "go" {
		return t, t.goCommand(rest, len(o.Requests) > 0)
	}
	t.args = rest
	path := word
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.Dir, word)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		if !filepath.IsAbs(word) && !strings.HasPrefix(word, ".") {
			word = "./" + filepath.ToSlash(word)
		}
		t.pkg = []string{word}
		return t, t.checkMain(ctx)
	case err == nil:
		return t, t.executable(ctx, path)
	}
	if found, err := exec.LookPath(word); err == nil && !strings.ContainsRune(word, '/') {
		return t, t.executable(ctx, found)
	}
	t.pkg = []string{word}
	if name, err := t.list(ctx, "{{.Name}}", word); err == nil && name != "" {
		return t, t.checkMain(ctx)
	}
	return t, hinted(kinds, "%s is no program, no directory and no package", oneLine(word))
}

// goCommand understands go test and go run. The latter would neither hand on
// signals nor tell how the program died, so it is built and then started.
func (t *target) goCommand(args []string, requests bool) error {
	switch {
	case len(args) > 0 && args[0] == "test" && requests:
		return hinted("requests are for programs that serve: leave out -request, or name the package of the service", "go test takes no requests")
	case len(args) > 0 && args[0] == "test":
		t.tests = append([]string{"test", "-count=1"}, args[1:]...) // what is cached passes no points
		return nil
	case len(args) > 0 && args[0] == "run":
		return t.goRun(args[1:])
	}
	return hinted(kinds, "go %s is neither go test nor go run", oneLine(strings.Join(args, " ")))
}

// Flags of go build without a value of their own.
var booleans = []string{"a", "n", "race", "msan", "asan", "cover", "v", "work", "x", "linkshared", "modcacherw", "trimpath", "json", "buildvcs"}

func (t *target) goRun(args []string) error {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, _, has := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
		if name == "exec" {
			return hinted("the lab starts the program itself: leave out -exec", "go run -exec cannot be had here")
		}
		n := 1
		if !has && !slices.Contains(booleans, name) {
			n = min(2, len(args))
		}
		t.flags = append(t.flags, args[:n]...)
		args = args[n:]
	}
	n := 0
	for n < len(args) && strings.HasSuffix(args[n], ".go") {
		n++
	}
	n = max(n, 1)
	if len(args) < n {
		return hinted("go run PACKAGE ARGS", "go run is given no package")
	}
	if strings.Contains(args[0], "@") {
		return hinted("name a package of the module around", "go run %s is not of this module", oneLine(args[0]))
	}
	t.pkg, t.args = args[:n], args[n:]
	return nil
}

// executable finds the package that a file was built from: the file itself would
// be the same under every toolchain.
func (t *target) executable(ctx context.Context, path string) error {
	const hint = "name the package instead, within its module, as in: backstop lab compat -- ./cmd/svc ARGS"
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return hinted(hint, "%s cannot be built again by each toolchain: it does not say what it was built from", oneLine(path))
	}
	if name, err := t.list(ctx, "{{.Name}}", info.Path); err != nil || name != "main" {
		return hinted(hint, "%s cannot be built again by each toolchain: it was built from %s, which is no package of the module around %s", oneLine(path), oneLine(info.Path), oneLine(t.dir))
	}
	t.pkg = []string{info.Path}
	for _, s := range info.Settings {
		switch s.Key {
		case "-tags", "-race", "-msan", "-asan", "-trimpath", "-ldflags", "-gcflags":
			t.flags = append(t.flags, s.Key+"="+s.Value)
		case "CGO_ENABLED":
			t.env = append(t.env, s.Key+"="+s.Value)
		}
	}
	return nil
}

// checkMain refuses packages that no program can be made of. One that cannot be
// read is left to the compiler, which says why.
func (t *target) checkMain(ctx context.Context) error {
	name, err := t.list(ctx, "{{.Name}}", t.pkg[0])
	if err == nil && name != "main" && name != "" {
		return hinted("for its tests: backstop lab compat -- go test "+oneLine(t.pkg[0]), "%s is package %s, not a program", oneLine(t.pkg[0]), oneLine(name))
	}
	return nil
}

func (t *target) list(ctx context.Context, format, pkg string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-e", "-f", format, "--", pkg)
	cmd.Dir = t.dir
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// A buildError is the compiler's.
type buildError struct {
	text   string
	tooNew string // why this toolchain does not apply at all
}

func (e *buildError) Error() string { return e.text }

var requiresGo = regexp.MustCompile(`(\S+) requires go >= ([0-9][0-9A-Za-z.]*) \(running go`)

// tooNewFor reads from what the go command said that the toolchain is older than a
// go line asks for.
func tooNewFor(output string) string {
	m := requiresGo.FindStringSubmatch(output)
	if m == nil {
		return ""
	}
	why := oneLine(m[1] + " asks for Go " + m[2])
	if strings.HasSuffix(m[1], "go.work") {
		why += " (GOWORK=off leaves it out)"
	}
	return why
}

// build makes the program with a toolchain. The error is a *buildError where the
// go command ran.
func (t *target) build(ctx context.Context, tool labrun.Toolchain, temp string) (program, error) {
	env := environment("GOTOOLCHAIN=" + tool.Name)
	if t.tests != nil {
		return program{append([]string{"go"}, t.tests...), env}, nil
	}
	file := filepath.Join(temp, tool.Name, "program")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return program{}, err
	}
	args := append([]string{"build", "-o", file}, t.flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, t.pkg...)...)
	cmd.Dir = t.dir
	cmd.Env = append(append(env, t.env...), "PWD="+t.dir, "GOTMPDIR="+temp)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return program{}, ctx.Err()
	case errors.As(err, &exit):
		text := output.String()
		return program{}, &buildError{lastLines(text, 8), tooNewFor(text)}
	case err != nil:
		return program{}, err
	}
	return program{append([]string{file}, t.args...), environment()}, nil
}

// environment is ours, without what steers toolchains and the SDK.
func environment(extra ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		key, _, _ := strings.Cut(v, "=")
		switch key {
		case "GOTOOLCHAIN", "GOROOT", "TMPDIR":
			return true
		}
		return strings.HasPrefix(key, "BACKSTOP_")
	})
	return append(env, extra...)
}
