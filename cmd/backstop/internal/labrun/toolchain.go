package labrun

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A Toolchain is one release of Go.
type Toolchain struct {
	Name  string // as GOTOOLCHAIN names it: "go1.22.12"
	Minor int    // 22
	Root  string // its GOROOT
	// Stamp changes when it is built again or its runtime is edited, and with what the
	// environment says of compilers, their flags and the processor.
	Stamp string
}

// pinned are the toolchains of the lab, the newest patch of each release when it
// was measured last.
var pinned = []string{"go1.21.13", "go1.22.12", "go1.23.12", "go1.24.13", "go1.25.14", "go1.26.8", "go1.27.0"}

// An Unavailable toolchain could not be had, with the reason.
type Unavailable struct {
	Name string
	Err  error
}

func (u *Unavailable) Error() string { return fmt.Sprintf("toolchain %s: %s", u.Name, said(u.Err)) }
func (u *Unavailable) Unwrap() error { return u.Err }

// Select returns the names of the toolchains that a person asked for: "" is all
// of the lab's, "1.26" the lab's of that release, "1.22..1.26" those between,
// "go1.22.1" exactly that one; several are separated by commas. In place of the
// lab's patch release of the local release stands the local one, which need not
// be downloaded.
func Select(spec string) ([]string, error) {
	usual := slices.Clone(pinned)
	if local := localToolchain(); local != "" {
		if i := slices.IndexFunc(usual, func(n string) bool { return minorOf(n) == minorOf(local) }); i >= 0 {
			usual[i] = local
		}
	}
	if spec == "" {
		return usual, nil
	}
	var names []string
	for _, part := range strings.Split(spec, ",") {
		found, err := selectPart(strings.TrimSpace(part), usual)
		if err != nil {
			return nil, err
		}
		for _, n := range found {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names, nil
}

func selectPart(part string, usual []string) ([]string, error) {
	if from, to, ok := strings.Cut(part, ".."); ok {
		lo, hi := minorOf("go"+from), minorOf("go"+to)
		if lo == 0 || hi == 0 || lo > hi {
			return nil, fmt.Errorf("%q is no range of releases", part)
		}
		var names []string
		for _, n := range usual {
			if m := minorOf(n); lo <= m && m <= hi {
				names = append(names, n)
			}
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("the lab has no release between %s and %s", from, to)
		}
		return names, nil
	}
	name := "go" + strings.TrimPrefix(part, "go")
	minor := minorOf(name)
	if minor == 0 {
		return nil, fmt.Errorf("%q is no release of Go", part)
	}
	if strings.Count(name, ".") == 2 || strings.ContainsAny(name[2:], "rb") {
		return []string{name}, nil
	}
	for _, n := range usual {
		if minorOf(n) == minor {
			return []string{n}, nil
		}
	}
	return nil, fmt.Errorf("the lab has no toolchain of Go 1.%d; name one exactly, such as go1.%d.1", minor, minor)
}

// minorOf returns 22 for "go1.22.12", 0 for what is no release.
func minorOf(name string) int {
	rest, ok := strings.CutPrefix(name, "go1.")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, err := strconv.Atoi(rest[:end])
	if err != nil {
		return 0
	}
	return n
}

// localToolchain is the release of the go command as it stands in PATH, "" when
// there is none. The one that built this program is asked first: it needs no
// process when they agree, as they do for `go run`.
func localToolchain() string {
	out, err := goOutput(context.Background(), "", "local", "env", "GOVERSION")
	if err != nil {
		return strings.Fields(runtime.Version() + " ")[0]
	}
	return strings.Fields(out + " ")[0]
}

// FindToolchain makes a toolchain available: the go command downloads it where it
// has to. The error is an *Unavailable.
func FindToolchain(ctx context.Context, name string) (Toolchain, error) {
	t := Toolchain{Name: name, Minor: minorOf(name)}
	out, err := goOutput(ctx, "", name, append([]string{"env", "GOVERSION", "GOROOT", "GOTOOLDIR"}, builders...)...)
	if err != nil {
		return t, &Unavailable{name, err}
	}
	lines := strings.Split(out, "\n")
	if len(lines) < 3 || strings.Fields(lines[0] + " ")[0] != name {
		return t, &Unavailable{name, fmt.Errorf("the go command answers %q", out)}
	}
	t.Root = strings.TrimSpace(lines[1])
	t.Stamp = stamp(out, filepath.Join(t.Root, "src", "runtime"), filepath.Join(t.Root, "src", "internal", "runtime"), strings.TrimSpace(lines[2]))
	return t, nil
}

// builders are the variables that change what is built, of those that goEnv lets pass.
var builders = []string{"GOHOSTARCH", "GOEXPERIMENT", "GO386", "CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"}

// stamp identifies a text and what lies in directories, by names, sizes and times.
// Some releases do not have each of them.
func stamp(text string, dirs ...string) string {
	h := sha256.New()
	fmt.Fprintln(h, text)
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // what cannot be read is not there
			}
			if info, err := d.Info(); err == nil && !d.IsDir() {
				fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// Go runs the go command of a toolchain outside of any module, and returns its
// trimmed standard output. An error has what it said.
func (t Toolchain) Go(ctx context.Context, args ...string) (string, error) {
	return goOutput(ctx, "", t.Name, args...)
}

// foreign are variables that would change what is built or how it runs, without
// being part of any key.
var foreign = []string{
	"GOROOT", "GOFLAGS", "GOWORK", "GOTOOLCHAIN", "GOEXPERIMENT", "GODEBUG", "GOTRACEBACK", "GOOS", "GOARCH",
	"GOAMD64", "GOARM64", "GO386", "GOFIPS140", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GOTMPDIR",
	"CGO_ENABLED", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS",
}

// goEnv is the environment of a go command that uses exactly one toolchain and
// nothing of the surrounding workspace. What somebody set with go env -w only gives
// way to a value that is not empty; -buildvcs=false is what the lab wants anyway,
// for its directory may lie in a repository.
func goEnv(toolchain string, extra ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(foreign, name)
	})
	env = append(env, "GOTOOLCHAIN="+toolchain, "GOWORK=off", "GOFLAGS=-buildvcs=false", "GOAMD64=v1", "LC_ALL=C")
	return append(env, extra...)
}

// goOutput runs the go command of a toolchain and returns its trimmed standard
// output. An error has what it said.
func goOutput(ctx context.Context, dir, toolchain string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	if dir == "" {
		dir = os.TempDir() // where no go.mod asks for another toolchain
	}
	cmd.Dir, cmd.Env = dir, goEnv(toolchain)
	return output(cmd)
}

func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return "", errors.New("there is no go command in PATH")
		}
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			text = strings.TrimSpace(stdout.String())
		}
		return "", &failed{cmd.Args, err, withoutProgress(text)}
	}
	return strings.TrimSpace(stdout.String()), nil
}

// failed is a command that did not do what it should, with what it said.
type failed struct {
	args []string
	err  error
	text string
}

func (f *failed) Error() string {
	return fmt.Sprintf("%s: %v: %s", strings.Join(f.args, " "), f.err, f.text)
}
func (f *failed) Unwrap() error { return f.err }

// said is what a person wants to know of an error: the words of the command that
// failed, without its arguments.
func said(err error) string {
	if f := new(failed); errors.As(err, &f) && f.text != "" {
		return f.text
	}
	return err.Error()
}

// withoutProgress leaves out what the go command says while it works.
func withoutProgress(text string) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasPrefix(line, "go: downloading ") })
	return strings.Join(lines, "\n")
}

// Local is the release of the go command in PATH.
func Local() string { return localToolchain() }
