// Command pairs records the labelled pairs that package crash is judged by: it
// reads testdata/same/pairs.txt, builds the two versions of the program beside
// it as the names there say, lets it die, and writes what each death left
// behind.
//
// A name says how a text was made, dots between: the bug, the version of the
// source, the Go version, and options:
//
//	nil-map.v1.go1.26            built with nothing special
//	nil-map.v1.go1.26.moved      in another directory
//	nil-map.v1.go1.26.trim       -trimpath; strip: -s -w; l: no inlining; race
//	lib-order.v1.go1.26.vendor   go mod vendor; cache: from a module cache
//	nil-map.v1.go1.26.crash      GOTRACEBACK; also single, all and system
//	nil-map.v1.go1.26.served     how it is reached, see the program's main
//	closed-read.v1.go1.26.=99    another value
//	TestSlow.v1.go1.26           a test that runs into its timeout
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// releases are the toolchains by minor version.
var releases = map[string]string{
	"go1.21": "go1.21.13", "go1.22": "go1.22.12", "go1.23": "go1.23.6", "go1.24": "go1.24.9",
	"go1.25": "go1.25.4", "go1.26": "go1.26.1", "go1.27": "go1.27.0",
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: pairs TESTDATA/same [NAME...]")
	}
	if err := record(os.Args[1], os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

// record records the named texts, or those that are missing.
func record(dir string, names []string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "pairs")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	r := recorder{dir: dir, work: work, built: make(map[string]string), roots: make(map[string]string)}
	if len(names) == 0 {
		if names, err = r.missing(); err != nil {
			return err
		}
	}
	for _, name := range names {
		text, err := r.run(name)
		if err != nil {
			return fmt.Errorf("record %s: %w", name, err)
		}
		if err := os.WriteFile(r.file(name), text, 0o666); err != nil {
			return err
		}
		log.Println(name)
	}
	return nil
}

type recorder struct {
	dir, work string
	built     map[string]string // executables by what they were built from and how
	roots     map[string]string // GOROOT by release
}

func (r *recorder) file(name string) string {
	return filepath.Join(r.dir, "texts", strings.ReplaceAll(name, "=", "")+".txt")
}

func (r *recorder) missing() ([]string, error) {
	table, err := os.ReadFile(filepath.Join(r.dir, "pairs.txt"))
	if err != nil {
		return nil, err
	}
	var names []string
	seen := make(map[string]bool)
	for _, line := range strings.Split(string(table), "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("pairs.txt: %q is no pair", line)
		}
		for _, name := range fields[1:3] {
			if _, err := os.Stat(r.file(name)); errors.Is(err, fs.ErrNotExist) && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// A recipe is what a name says.
type recipe struct {
	bug, source, release string
	args                 []string // how the bug is reached, and the value
	flags                []string
	modules              string // where the dependency is: beside, vendor, cache
	dir                  string // what the text says of where it was built
	env                  []string
}

func parseName(name string) (recipe, error) {
	parts := strings.Split(name, ".")
	if len(parts) < 4 {
		return recipe{}, fmt.Errorf("%q lacks a part", name)
	}
	rec := recipe{bug: parts[0], source: parts[1], release: releases["go1."+parts[3]], modules: "beside", dir: "/home/ann/shop"}
	if parts[2] != "go1" || rec.release == "" {
		return recipe{}, fmt.Errorf("no toolchain %s.%s", parts[2], parts[3])
	}
	how, value := "here", "17"
	for _, option := range parts[4:] {
		switch option {
		case "trim":
			rec.flags = append(rec.flags, "-trimpath")
		case "strip":
			rec.flags = append(rec.flags, "-ldflags=-s -w")
		case "l":
			rec.flags = append(rec.flags, "-gcflags=all=-l")
		case "race":
			rec.flags = append(rec.flags, "-race")
		case "moved":
			rec.dir = "/build/7/shop"
		case "vendor", "cache":
			rec.modules = option
		case "single", "all", "system", "crash":
			rec.env = append(rec.env, "GOTRACEBACK="+option)
		case "goroutine", "recovered", "logged", "repanicked", "served":
			how = option
		default:
			v, ok := strings.CutPrefix(option, "=")
			if !ok {
				return recipe{}, fmt.Errorf("unknown option %q", option)
			}
			value = v
		}
	}
	rec.args = []string{rec.bug, how, value}
	return rec, nil
}

// run lets the program die and returns the text it left, as if it had been
// built and run on somebody's machine.
func (r *recorder) run(name string) ([]byte, error) {
	rec, err := parseName(name)
	if err != nil {
		return nil, err
	}
	program, err := r.build(&rec)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args := rec.args
	if strings.HasPrefix(rec.bug, "Test") {
		args = []string{"-test.timeout=200ms", "-test.run=" + rec.bug}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(append(os.Environ(), "GOTRACEBACK=", "GODEBUG=", "GORACE=atexit_sleep_ms=0"), rec.env...)
	var text bytes.Buffer
	cmd.Stderr, cmd.Stdout = &text, &text
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	root, err := r.root(rec.release)
	if err != nil {
		return nil, err
	}
	out := text.String()
	for _, swap := range [][2]string{
		{root, "/usr/local/go"},
		{filepath.Join(r.work, "modcache"), "/home/ann/go/pkg/mod"},
		{r.tree(&rec, rec.source), rec.dir},
		{r.tree(&rec, "lib"), "/home/ann/lib"},
	} {
		out = strings.ReplaceAll(out, swap[0], swap[1])
	}
	if strings.Contains(out, r.work) || len(out) < 100 {
		return nil, fmt.Errorf("unexpected text:\n%s", out)
	}
	return []byte(out), nil
}

// tree is a copy of a source tree, one for each way to find the dependency.
func (r *recorder) tree(rec *recipe, source string) string {
	return filepath.Join(r.work, rec.modules, source)
}

func (r *recorder) build(rec *recipe) (string, error) {
	test := strings.HasPrefix(rec.bug, "Test")
	key := fmt.Sprint(rec.release, rec.source, rec.modules, rec.flags, test)
	if program := r.built[key]; program != "" {
		return program, nil
	}
	dir, err := r.prepare(rec)
	if err != nil {
		return "", err
	}
	program := filepath.Join(r.work, fmt.Sprintf("shop%d", len(r.built)))
	args := []string{"build"}
	if test {
		args = []string{"test", "-c"}
	}
	if _, err := r.goCommand(rec, dir, append(append(args, rec.flags...), "-o", program, ".")...); err != nil {
		return "", err
	}
	r.built[key] = program
	return program, nil
}

// prepare copies the sources and sees to the dependency.
func (r *recorder) prepare(rec *recipe) (string, error) {
	dir := r.tree(rec, rec.source)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	for _, source := range []string{rec.source, "lib"} {
		if err := copyTree(filepath.Join(r.dir, source), r.tree(rec, source)); err != nil {
			return "", err
		}
	}
	switch rec.modules {
	case "vendor":
		if _, err := r.goCommand(rec, dir, "mod", "vendor"); err != nil {
			return "", err
		}
	case "cache":
		if err := r.proxy(r.tree(rec, "lib")); err != nil {
			return "", err
		}
		if _, err := r.goCommand(rec, dir, "mod", "edit", "-dropreplace=example.com/lib/v2"); err != nil {
			return "", err
		}
		if _, err := r.goCommand(rec, dir, "mod", "tidy"); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// proxy makes a module proxy that serves the dependency.
func (r *recorder) proxy(source string) error {
	const version = "v2.0.1"
	dir := filepath.Join(r.work, "proxy", "example.com", "lib", "v2", "@v")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"go.mod", "lib.go"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return err
		}
		w, err := z.Create("example.com/lib/v2@" + version + "/" + name)
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
		if name == "go.mod" {
			if err := os.WriteFile(filepath.Join(dir, version+".mod"), data, 0o666); err != nil {
				return err
			}
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	info := `{"Version":"` + version + `","Time":"2026-01-01T00:00:00Z"}`
	return errors.Join(
		os.WriteFile(filepath.Join(dir, version+".info"), []byte(info), 0o666),
		os.WriteFile(filepath.Join(dir, version+".zip"), archive.Bytes(), 0o666),
		os.WriteFile(filepath.Join(dir, "list"), []byte(version+"\n"), 0o666))
}

// root finds, or fetches, a toolchain.
func (r *recorder) root(release string) (string, error) {
	if root := r.roots[release]; root != "" {
		return root, nil
	}
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Dir = r.work
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN="+release)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", release, err)
	}
	r.roots[release] = strings.TrimSpace(string(out))
	return r.roots[release], nil
}

// goCommand runs the go command of a toolchain.
func (r *recorder) goCommand(rec *recipe, dir string, args ...string) ([]byte, error) {
	root, err := r.root(rec.release)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(root, "bin", "go"), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOROOT="+root, "GOWORK=off", "GOTOOLCHAIN=local", "GONOSUMDB=*", "CGO_ENABLED=0")
	if contains(rec.flags, "-race") {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1") // elsewhere it hides deadlocks
	}
	if rec.modules == "cache" {
		cmd.Env = append(cmd.Env, "GOFLAGS=-modcacherw", "GOPROXY=file://"+filepath.Join(r.work, "proxy"), "GOMODCACHE="+filepath.Join(r.work, "modcache"))
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rest)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o777)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o666)
	})
}
