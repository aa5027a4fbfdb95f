package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// run lets a program die and returns the text it left.
func (rec *recording) run(toolchain, testdata, work string) ([]byte, error) {
	build := builder{rec: rec, toolchain: toolchain, work: work}
	program, err := build.program(testdata)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args, err := rec.command(program, build.goroot)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), "GOTRACEBACK=", "GODEBUG=", "WINEDEBUG=-all", "WINEPREFIX="+filepath.Join(work, "wine")), rec.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if rec.test != "" {
		cmd.Stdout = &stderr
	}
	output := filepath.Join(work, "output")
	if rec.out {
		cmd.Env = append(cmd.Env, "CRASH_OUTPUT="+output)
	}
	runErr := cmd.Run() // it dies: that is the point
	if ctx.Err() != nil {
		return nil, fmt.Errorf("it did not die: %w", runErr)
	}
	if rec.out {
		return os.ReadFile(output)
	}
	text := bytes.ReplaceAll(stderr.Bytes(), []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte(build.goroot), []byte("/usr/local/go"))
	return buildFolder.ReplaceAll(text, []byte("/tmp/go-build/")), nil
}

// buildFolder is where old versions of cgo leave its files.
var buildFolder = regexp.MustCompile(`/\S*/go-build[0-9]+/`)

// emulators run programs for other machines; the others run as they are.
var emulators = map[string][]string{
	"linux/arm64":   {"qemu-aarch64-static"},
	"linux/arm":     {"qemu-arm-static"},
	"linux/ppc64le": {"qemu-ppc64le-static"},
	"linux/s390x":   {"qemu-s390x-static"},
	"linux/riscv64": {"qemu-riscv64-static"},
	"linux/mips64":  {"qemu-mips64-static"},
	"linux/mipsle":  {"qemu-mipsel-static"},
	"linux/loong64": {"qemu-loongarch64-static"},
	"windows/amd64": {"/usr/lib/wine/wine64"},
	"js/wasm":       {"node", "GOROOT/lib/wasm/wasm_exec_node.js"},
}

// command is what runs the program.
func (rec *recording) command(program, goroot string) ([]string, error) {
	var args []string
	for _, arg := range emulators[rec.target] {
		args = append(args, strings.Replace(arg, "GOROOT", goroot, 1))
	}
	args = append(args, program)
	if rec.test != "" {
		return append(args, "-test.run=^"+rec.test+"$", "-test.timeout=100ms"), nil
	}
	from := rec.from
	if from == "" {
		from = rec.name
	}
	return append(args, from), nil
}

// A builder makes the program of a recording with one toolchain.
type builder struct {
	rec       *recording
	toolchain string
	work      string
	goroot    string
}

// program returns the program's path. It is built once.
func (b *builder) program(testdata string) (string, error) {
	name := b.rec.program
	if name == "" {
		name = "crasher"
	}
	gopath := filepath.Join(b.work, "gopath") // Go 1.9 knows no modules
	source := filepath.Join(gopath, "src", "example.com", name)
	if err := copyFolder(source, filepath.Join(testdata, name)); err != nil {
		return "", err
	}
	modcache, err := output(exec.Command("go", "env", "GOMODCACHE"))
	if err != nil {
		return "", err
	}
	target := b.rec.target
	if target == "" {
		target = runtime.GOOS + "/" + runtime.GOARCH
	}
	goos, goarch, _ := strings.Cut(target, "/")
	cgo := "0"
	if b.rec.race || name == "native" {
		cgo = "1"
	}
	env := append(os.Environ(), "GOTOOLCHAIN="+b.toolchain, "GOWORK=off", "GOENV=off", "GOFLAGS=", "GOPATH="+gopath, "GOMODCACHE="+modcache,
		"GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED="+cgo)
	root := exec.Command("go", "env", "GOROOT")
	root.Dir, root.Env = source, env
	if b.goroot, err = output(root); err != nil {
		return "", err
	}
	program := filepath.Join(b.work, strings.ReplaceAll(b.toolchain+"-"+name+"-"+target, "/", "-"))
	args := []string{"build"}
	switch {
	case b.rec.race:
		program += "-race"
		args = []string{"build", "-race"}
	case b.rec.test != "":
		program += "-test"
		args = []string{"test", "-c"}
	}
	if b.rec.gcflags != "" {
		program += "-gcflags"
		args = append(args, "-gcflags="+b.rec.gcflags)
	}
	if goos == "windows" {
		program += ".exe"
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	trim := "-trimpath"
	if strings.HasPrefix(b.toolchain, "go1.9.") {
		trim = "-gcflags=-trimpath=" + filepath.Join(gopath, "src")
	}
	cmd := exec.Command("go", append(args, trim, "-o", program, ".")...)
	cmd.Dir, cmd.Env = source, env
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return program, nil
}

// output runs a command and returns the line it prints.
func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// copyFolder copies the files of a program, once.
func copyFolder(to, from string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	return filepath.Walk(from, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if info.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o666)
	})
}
