package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// checkout writes the files of a revision below root and returns the directory
// there that dir is in the repository. It uses an index of its own, so that the
// repository is left as it is; an archive would leave out what .gitattributes says.
func checkout(ctx context.Context, dir, revision, root string) (string, error) {
	if strings.HasPrefix(revision, "-") {
		return "", usageError("%q is no revision", revision)
	}
	prefix, err := git(ctx, dir, nil, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	top, err := git(ctx, dir, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	commit, err := git(ctx, dir, nil, "rev-parse", "--verify", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", withHint(fmt.Errorf("git has no revision %q", revision), "git log names them; a shallow clone does not have all: git fetch --unshallow")
	}
	index, err := os.MkdirTemp("", "backstop-index-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(index) }()
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(index, "index")}
	if _, err := git(ctx, top, env, "read-tree", commit); err != nil {
		return "", err
	}
	if _, err := git(ctx, top, env, "checkout-index", "--all", "--force", "--prefix="+root+string(filepath.Separator)); err != nil {
		return "", err
	}
	return filepath.Join(root, filepath.FromSlash(prefix)), nil
}

// parted is the revision that b is compared with: where a and b parted, so that what
// a has got since is not held against b; a itself when b is older.
func parted(ctx context.Context, dir, a, b string) (string, error) {
	for _, r := range []string{a, b} {
		if strings.HasPrefix(r, "-") {
			return "", usageError("%q is no revision", r)
		}
	}
	base, err := git(ctx, dir, nil, "merge-base", a, b)
	if err != nil || base == "" {
		return a, nil //nolint:nilerr // no common history, or no such revision: checkout says so
	}
	if head, err := git(ctx, dir, nil, "rev-parse", b+"^{commit}"); err == nil && head == base {
		return a, nil
	}
	return base, nil
}

func git(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", withHint(fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(failed.Stderr))), "surface diff asks git for the two revisions; two files of -format json do without")
	}
	return strings.TrimSpace(string(out)), err
}
