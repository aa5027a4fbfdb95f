package labrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/scenario"
)

// patience is how long a compiler may take. The standard library with a detector
// in it takes half a minute on a slow machine.
const patience = 10 * time.Minute

// compile makes one file that can be started, the way its kind asks for.
func (l *Lab) compile(ctx context.Context, t Toolchain, p scenario.Program, src, file string) error {
	l.builds <- struct{}{}
	defer func() { <-l.builds }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch p.Kind {
	case scenario.Build, scenario.SetUIDs: // which becomes set-user-ID for each run
		return goBuild(ctx, t, p, src, file, "build")
	case scenario.Test:
		return goBuild(ctx, t, p, src, file, "test", "-c")
	case scenario.CShared:
		return compileShared(ctx, t, p, src, file)
	}
	return fmt.Errorf("the lab cannot make a program of kind %q", p.Kind)
}

func goBuild(ctx context.Context, t Toolchain, p scenario.Program, src, file string, verb ...string) error {
	args := append(verb, "-trimpath", "-o", file)
	args = append(append(args, p.Flags...), "./"+path.Clean(p.Dir))
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = src, goEnv(t.Name, p.Env...)
	return building(cmd)
}

// compileShared builds a library and its host in C. The host finds the library
// beside itself, where it stays; the library is there first.
func compileShared(ctx context.Context, t Toolchain, p scenario.Program, src, file string) error {
	cc, err := goOutput(ctx, src, t.Name, "env", "CC")
	if err != nil {
		return err
	}
	compiler := strings.Fields(cc)
	if len(compiler) == 0 {
		return errors.New("the go command names no C compiler")
	}
	draft, err := os.MkdirTemp(filepath.Dir(file), "draft")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }()
	name := "lib" + p.Name + ".so"
	if err := goBuild(ctx, t, p, src, filepath.Join(draft, name), "build", "-buildmode=c-shared"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, compiler[0], append(compiler[1:], "-o", file,
		filepath.Join(p.Dir, "host.c"), "-L", draft, "-l", p.Name, "-Wl,-rpath,$ORIGIN")...)
	cmd.Dir, cmd.Env = src, goEnv(t.Name)
	if err := building(cmd); err != nil {
		return err
	}
	return os.Rename(filepath.Join(draft, name), filepath.Join(filepath.Dir(file), name))
}

// nobody is the user who runs a set-user-ID program.
const nobody = 65534

// prepare changes what is started for programs that are not simply started. The
// directory is the run's own.
func (l *Lab) prepare(b Built, spec *bounded.Spec, dir string) error {
	switch b.Program.Kind {
	case scenario.Build, scenario.CShared:
		return nil
	case scenario.Test: // which knows flags, and no scenarios
		spec.Argv = append([]string{b.File}, spec.Argv[2:]...)
		return nil
	case scenario.SetUIDs:
		// A copy, because nobody may enter the directory of what we built.
		if err := mayEnter(filepath.Dir(dir)); err != nil {
			return cannot("%v", err)
		}
		file := filepath.Join(dir, b.Program.Name)
		if err := copySetUID(file, b.File); err != nil {
			return cannot("%v", err)
		}
		spec.Argv[0], spec.UID = file, nobody
		return nil
	}
	return fmt.Errorf("the lab cannot start a program of kind %q", b.Program.Kind)
}

// mayEnter says why nobody can enter a directory, nil when everybody can.
func mayEnter(dir string) error {
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode()&1 == 0 {
			return fmt.Errorf("%s is closed to other users; set TMPDIR", dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

// copySetUID makes a copy that belongs to us, which is root, and runs as us.
func copySetUID(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", filepath.Base(from), err)
	}
	return os.Chmod(to, os.ModeSetuid|0o755)
}
