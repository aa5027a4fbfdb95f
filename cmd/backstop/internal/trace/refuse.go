package trace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

// A Hinted error says what a person can do about it.
type Hinted interface{ Hint() string }

// A refusal is an error about what cannot be traced, with a hint.
type refusal struct {
	error
	hint string
}

func (r *refusal) Hint() string  { return r.hint }
func (r *refusal) Unwrap() error { return r.error }

// explain adds to an error about an executable or a process what a person can do
// about it, if it does not say so itself.
func explain(err error) error {
	var h Hinted
	if err == nil || errors.As(err, &h) {
		return err
	}
	if hint := hint(err); hint != "" {
		return &refusal{err, hint}
	}
	return err
}

func hint(err error) string {
	var (
		release *gobin.UnknownReleaseError
		unknown *layout.UnknownReleaseError
		other   *layout.MismatchError
		damaged *gobin.CorruptError
	)
	switch {
	case errors.As(err, &unknown) && unknown.Arch != "amd64":
		return "programs of linux/amd64 alone are traced; backstop run supervises those of every architecture"
	case errors.As(err, &unknown):
		return "a newer backstop may know this release of Go; backstop run needs to know none"
	case errors.As(err, &release):
		return "a newer backstop may know it; executables that were packed or obfuscated cannot be read: trace them as the go command built them"
	case errors.As(err, &other):
		return "it was made by a changed toolchain, or for an experiment; backstop run needs to know nothing of it"
	case errors.As(err, &damaged):
		return "the file is not as the go command left it: cut off, packed or changed; copy or build it again"
	case errors.Is(err, gobin.ErrNotGo):
		return "programs of Go alone are traced; where a script or a wrapper starts one, name that: pgrep -P PID shows the children of a process"
	case errors.Is(err, fs.ErrNotExist):
		return "name what is there, as ps shows it"
	}
	return ""
}

// checkFiles refuses what is named by its path and cannot be traced, whoever runs
// it. What is not there may come, or be there in another mount namespace: notice
// is told.
func checkFiles(exes []string, by Way, notice func(string)) error {
	for _, path := range exes {
		if !strings.Contains(path, "/") || strings.ContainsAny(path, `*?[\`) {
			continue // a pattern
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			notice(fmt.Sprintf("there is no %s here yet: it is waited for", path))
			continue
		case err != nil:
			err = fmt.Errorf("-exe: %w", err)
		case info.IsDir():
			return &refusal{fmt.Errorf("-exe %s is a directory", path), "-exe '" + strings.TrimSuffix(path, "/") + "/*' are the executables in it"}
		case !info.Mode().IsRegular():
			return &refusal{fmt.Errorf("-exe %s is no file", path), "name the file of an executable, or its base name"}
		default:
			err = checkFile(path, by)
		}
		if err != nil {
			return explain(rights.Explain(err, rights.DACReadSearch))
		}
	}
	return nil
}

// awaited are the executables of -exe that are there, or are patterns: it is said
// that nobody runs them yet, once, when nothing was found at the start. Of those
// that are not there checkFiles has said it.
func awaited(exes []string) string {
	var list []string
	for _, path := range exes {
		if strings.Contains(path, "/") && !strings.ContainsAny(path, `*?[\`) {
			if _, err := os.Stat(path); err != nil {
				continue
			}
		}
		list = append(list, path)
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("no process that can be looked at runs %s yet: it is waited for", strings.Join(list, " or "))
}

// checkFile reports whether an executable can be read, and has all sites of probes.
func checkFile(path string, by Way) error {
	f, err := gobin.Open(path)
	if err != nil {
		return fmt.Errorf("-exe: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was read only
	l, err := goproc.LayoutOf(f)
	if err == nil && by != Ptrace {
		_, err = probe.Find(f, l)
	}
	if err != nil {
		return fmt.Errorf("-exe %s: %w", path, err)
	}
	return nil
}
