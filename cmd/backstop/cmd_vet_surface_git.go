package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// checkout writes the files of a revision below root and returns the directory
// there that dir is in the repository. The repository itself is left as it is.
func checkout(ctx context.Context, dir, revision, root string) (string, error) {
	prefix, err := git(ctx, dir, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(revision, "-") {
		return "", usageError("%q is no revision", revision)
	}
	archive := exec.CommandContext(ctx, "git", "archive", "--format=tar", revision)
	archive.Dir = strings.TrimSpace(top)
	var said bytes.Buffer
	archive.Stderr = &said
	out, err := archive.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := archive.Start(); err != nil {
		return "", fmt.Errorf("git archive: %w", err)
	}
	unpacked := untar(out, root)
	_, _ = io.Copy(io.Discard, out) // let git end, whatever became of the files
	if err := archive.Wait(); err != nil {
		return "", withHint(fmt.Errorf("git archive %s: %s", revision, strings.TrimSpace(said.String())), "git log names revisions; a shallow clone does not have all")
	}
	return filepath.Join(root, filepath.FromSlash(strings.TrimSpace(prefix))), unpacked
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", withHint(fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(failed.Stderr))), "surface diff asks git for the two revisions; two files of -format json do without")
	}
	return string(out), err
}

// untar writes the files of a tar archive. The root keeps names, and links, from
// leading out of it.
func untar(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	files := tar.NewReader(r)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read git archive: %w", err)
		}
		name := filepath.FromSlash(strings.TrimSuffix(h.Name, "/"))
		if parent := path.Dir(filepath.ToSlash(name)); parent != "." {
			if err := root.MkdirAll(filepath.FromSlash(parent), 0o755); err != nil {
				return err
			}
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		case tar.TypeSymlink:
			err = root.Symlink(h.Linkname, name)
		case tar.TypeReg:
			err = untarFile(root, name, files)
		}
		if err != nil {
			return err
		}
	}
}

func untarFile(root *os.Root, name string, r io.Reader) error {
	f, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
