package goproc

import (
	"errors"
	"fmt"

	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// LayoutOf returns where the runtime of an executable has its fields. The code of
// the runtime must agree, also for a release whose layout is known: somebody may
// have changed it. For a patch release that is not known, it is the layout of
// that minor release with which the code agrees. The error is a
// [*layout.UnknownReleaseError], or a [*layout.MismatchError] when the code
// agrees with no layout.
func LayoutOf(f *gobin.File) (*layout.Layout, error) {
	candidates, err := layout.Candidates(f.GoVersion(), f.Arch())
	if err != nil {
		return nil, err
	}
	if f.Arch() != "amd64" || !forLinux(f) {
		return nil, &layout.UnknownReleaseError{GoVersion: f.GoVersion(), Arch: f.Arch(), Reason: "only executables for Linux on amd64 can be verified"}
	}
	return verified(f, candidates)
}

// forLinux says whether an executable is for Linux, as far as it can be told:
// those that were built outside a module state no system.
func forLinux(f *gobin.File) bool {
	info, err := f.BuildInfo()
	if err != nil {
		return f.Format() == "elf"
	}
	for _, s := range info.Settings {
		if s.Key == "GOOS" {
			return s.Value == "linux"
		}
	}
	return f.Format() == "elf"
}

// verified returns the first layout with which the code agrees.
func verified(f *gobin.File, candidates []*layout.Layout) (*layout.Layout, error) {
	accesses := accessesOf(f)
	var failures []error
	for _, l := range candidates {
		err := l.Verify(accesses)
		if err == nil {
			return l, nil
		}
		failures = append(failures, err)
	}
	return nil, fmt.Errorf("runtime structures of %s: %w", f.GoVersion(), errors.Join(failures...))
}

// accessesOf returns a function that returns what the instructions of a function
// name, and decodes each once.
func accessesOf(f *gobin.File) func(name string) ([]layout.Access, error) {
	decoded := map[string][]layout.Access{}
	return func(name string) ([]layout.Access, error) {
		if all, ok := decoded[name]; ok {
			return all, nil
		}
		refs, err := references(f, name)
		if err != nil {
			return nil, err
		}
		all := make([]layout.Access, 0, len(refs))
		for _, r := range refs {
			if r.addr == 0 {
				all = append(all, layout.Access{Offset: r.disp, Width: r.width})
			}
		}
		decoded[name] = all
		return all, nil
	}
}
