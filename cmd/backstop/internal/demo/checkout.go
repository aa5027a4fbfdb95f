package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// An Error has a next step for the person in front of the terminal.
type Error struct {
	Err  error
	Hint string
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// findCheckout walks up from a directory to the checkout it is in.
func findCheckout(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find checkout: %w", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if isFile(filepath.Join(at, "go.work")) && isFile(filepath.Join(at, "examples", "shop", "go.mod")) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", &Error{
				Err:  errors.New("the demo builds its sample shop from source, and this is no checkout of Backstop"),
				Hint: "run it inside one: git clone ... && cd backstop && go run ./cmd/backstop demo",
			}
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// programs are the executables the demo runs.
type programs struct{ shop, worker string }

// build compiles the shop and the worker into a directory.
func build(ctx context.Context, checkout, into string, p *progress) (programs, error) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		return programs{}, &Error{
			Err:  fmt.Errorf("build the shop: %w", err),
			Hint: "install Go (https://go.dev/dl) and put its bin directory into PATH",
		}
	}
	done := p.begin("building the shop and its worker", "the first time takes a minute")
	// Without cgo, which compiles faster, needs no C compiler, and leaves the
	// worker Go's deadlock detector (README.md of the shop).
	cmd := exec.CommandContext(ctx, goCommand, "build", "-trimpath", "-buildvcs=false", "-o", into+string(filepath.Separator), ".", "./worker")
	cmd.Dir = filepath.Join(checkout, "examples", "shop")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "PWD="+cmd.Dir)
	if os.Getenv("GOTMPDIR") == "" {
		// An interrupted build may leave its work behind: here it goes with the rest.
		cmd.Env = append(cmd.Env, "GOTMPDIR="+into)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	done(err == nil)
	if ctx.Err() != nil {
		return programs{}, ctx.Err()
	}
	if err != nil {
		return programs{}, &Error{
			Err:  fmt.Errorf("build the shop: %w\n%s", err, indent(lastLines(output.String(), 20))),
			Hint: "`cd examples/shop && CGO_ENABLED=0 go build . ./worker` shows it again",
		}
	}
	return programs{shop: filepath.Join(into, "shop"), worker: filepath.Join(into, "worker")}, nil
}

// lastLines keeps the end of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// indent moves a foreign text to the right and takes the terminal's control
// characters out of it.
func indent(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("  " + clean(strings.ReplaceAll(line, "\t", "    ")))
	}
	return b.String()
}
