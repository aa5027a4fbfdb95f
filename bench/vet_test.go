//go:build unix

package bench

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// Services that vet is measured on, as they can be had as modules.
var vetServices = []struct{ name, module, version string }{
	{"nats-server", "github.com/nats-io/nats-server/v2", "v2.15.2"},
	{"caddy", "github.com/caddyserver/caddy/v2", "v2.11.9"},
	{"alertmanager", "github.com/prometheus/alertmanager", "v0.35.0"},
	{"litestream", "github.com/benbjohnson/litestream", "v0.5.18"},
}

// The peers, pinned.
const (
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	nilaway     = "go.uber.org/nilaway/cmd/nilaway@v0.0.0-20260918162853-acb8859b9031"
)

// BenchmarkVet runs backstop vet and its peers over four services, and reports
// processor seconds, children included, and the largest memory of a process. The
// build cache of the go command is warm; each tool's own results are absent, but
// for warm, which runs a second time. Take -benchtime 1x, and a look at the load.
func BenchmarkVet(b *testing.B) {
	bin := b.TempDir()
	command(b, "../cmd/backstop", nil, "go", "build", "-o", bin, ".")
	for _, tool := range []string{staticcheck, nilaway} {
		command(b, ".", []string{"GOBIN=" + bin, "GOWORK=off"}, "go", "install", tool)
	}
	for _, s := range vetServices {
		b.Run(s.name, func(b *testing.B) {
			dir := b.TempDir()
			all := s.module + "/..."
			command(b, dir, nil, "go", "mod", "init", "example.com/throwaway")
			command(b, dir, nil, "go", "get", all+"@"+s.version)
			// What does not compile without generated files is left out by all.
			_, _ = run(dir, nil, "go", "list", "-e", "-export", "-deps", all)
			for _, t := range []struct {
				name  string
				fresh bool
				args  []string
			}{
				{"surface", true, []string{"backstop", "vet", "surface", "-quiet", all}},
				{"vet", true, []string{"backstop", "vet", "-quiet", all}},
				{"vet-warm", false, []string{"backstop", "vet", "-quiet", all}},
				{"staticcheck", true, []string{"staticcheck", all}},
				{"staticcheck-warm", false, []string{"staticcheck", all}},
				{"nilaway", true, []string{"nilaway", "-include-pkgs=" + s.module, all}},
			} {
				b.Run(t.name, func(b *testing.B) { measure(b, dir, filepath.Join(bin, t.args[0]), t.args[1:], t.fresh) })
			}
		})
	}
}

// measure runs a tool with a cache of its own, which is filled before when fresh
// is not wanted.
func measure(b *testing.B, dir, tool string, args []string, fresh bool) {
	var cpu, memory float64
	runs := 0
	for b.Loop() {
		b.StopTimer()
		cache := b.TempDir()
		env := []string{"BACKSTOP_CACHE=" + cache, "STATICCHECK_CACHE=" + cache}
		if !fresh {
			_, _ = run(dir, env, tool, args...) // findings are no failure of a run
		}
		b.StartTimer()
		state, err := run(dir, env, tool, args...)
		// 0: nothing found; 1: findings of the peers, or what could not be read; 3: ours.
		if state == nil || !slices.Contains([]int{0, 1, 3}, state.ExitCode()) {
			b.Fatalf("%s %v: %v", tool, args, err)
		}
		if state.UserTime() < time.Second/20 {
			b.Fatalf("%s %v: ended at once: %v", tool, args, err)
		}
		used := state.SysUsage().(*syscall.Rusage)
		cpu += state.UserTime().Seconds() + state.SystemTime().Seconds()
		memory = max(memory, float64(used.Maxrss)*maxrssUnit())
		runs++
	}
	b.ReportMetric(cpu/float64(runs), "cpu-s/op")
	b.ReportMetric(memory/1e6, "MB")
}

// maxrssUnit is the unit of Rusage.Maxrss in bytes.
func maxrssUnit() float64 {
	if runtime.GOOS == "darwin" {
		return 1
	}
	return 1024
}

func run(dir string, env []string, name string, args ...string) (*os.ProcessState, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOWORK=off"), env...)
	err := cmd.Run()
	return cmd.ProcessState, err
}

// command runs what has to succeed.
func command(b *testing.B, dir string, env []string, name string, args ...string) {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if dir != "." && filepath.IsAbs(dir) {
		cmd.Env = append(cmd.Env, "GOWORK=off")
	}
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s %v: %v\n%s", name, args, err, text.Bytes())
	}
}
