package bpf_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// delveRelease is the delve that is measured; the go command builds it from the
// module cache, or downloads it.
const delveRelease = "v1.27.2"

// peers are other ways to see the panics of a running program, with a few frames
// of each stack. They need symbols.
var peers = []struct {
	name string
	most int // panics in one storm: what stops the program takes a millisecond each
	args func(b *testing.B, exe string, pid int) []string
}{
	{"bpftrace", 100_000, func(b *testing.B, exe string, _ int) []string {
		return []string{bpftrace(b), "-e", fmt.Sprintf("uprobe:%s:runtime.gopanic { @[ustack(5)] = count(); }", exe)}
	}},
	{"delve-ebpf", 20_000, func(b *testing.B, exe string, pid int) []string {
		return []string{delve(b), "trace", "--ebpf", "-p", strconv.Itoa(pid), exe, "runtime.gopanic"}
	}},
	{"delve", 2_000, func(b *testing.B, exe string, pid int) []string {
		return []string{delve(b), "trace", "-s", "5", "-p", strconv.Itoa(pid), exe, "runtime.gopanic"}
	}},
}

// BenchmarkPeers is BenchmarkPanic with other observers: the CPU time in the traced
// program of a panic and its recovery.
func BenchmarkPeers(b *testing.B) {
	exe := tracee.Private(b, tracee.Build(b, tracee.Toolchains[5], tracee.Default))
	for _, peer := range peers {
		for _, depth := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s/depth=%d", peer.name, depth), func(b *testing.B) {
				p := tracee.Start(b, exe)
				p.Do(fmt.Sprintf("storm 1000 %d", depth)) // stacks grow, pages come in
				o := observe(b, p, peer.args(b, exe, p.PID))
				n := min(b.N, peer.most)
				b.ResetTimer()
				a := p.Do(fmt.Sprintf("storm %d %d", n, depth))
				b.StopTimer()
				b.ReportMetric(float64(a.CPU.Nanoseconds())/float64(n), "target-ns/op")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "wall-ns/op")
				b.ReportMetric(0, "ns/op") // not of all b.N
				o.end()
			})
		}
	}
}

func bpftrace(b *testing.B) string {
	b.Helper()
	path, err := exec.LookPath("bpftrace")
	if err != nil {
		b.Skip(err)
	}
	if os.Geteuid() != 0 {
		b.Skip("bpftrace needs root")
	}
	return path
}

// delve builds delve, once for all benchmarks.
func delve(b *testing.B) string {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(cache, "backstop-delve-"+delveRelease)
	path := filepath.Join(dir, "dlv")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	cmd := exec.Command("go", "install", "github.com/go-delve/delve/cmd/dlv@"+delveRelease)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOWORK=off", "GOFLAGS=")
	cmd.Dir = b.TempDir() // of no module
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("build delve: %v\n%s", err, out)
	}
	return path
}

// An observer is a process that watches another one.
type observer struct {
	b   *testing.B
	cmd *exec.Cmd
	out chan struct{} // closed at the end of its output
}

// observe starts an observer and waits until the target is probed: its code has a
// breakpoint at gopanic.
func observe(b *testing.B, p *tracee.Process, args []string) *observer {
	b.Helper()
	o := &observer{b: b, cmd: exec.Command(args[0], args[1:]...), out: make(chan struct{})}
	text := new(strings.Builder)
	out, in, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	o.cmd.Stdout, o.cmd.Stderr = in, in
	if err := o.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	_ = in.Close() // the observer has its own
	b.Cleanup(func() { _ = o.cmd.Process.Kill() })
	go func() {
		defer close(o.out)
		_, _ = io.CopyN(text, out, 4096)
		_, _ = io.Copy(io.Discard, bufio.NewReader(out))
		_ = out.Close()
	}()
	deadline := time.Now().Add(30 * time.Second)
	for !gopanicProbed(b, p) {
		if time.Now().After(deadline) {
			_ = o.cmd.Process.Kill()
			<-o.out
			b.Skipf("%s puts no probe on gopanic within 30 s: %s", args[0], text)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return o
}

// end ends an observer so that it lets go of its target.
func (o *observer) end() {
	o.b.Helper()
	_ = o.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-o.out:
	case <-time.After(10 * time.Second):
		_ = o.cmd.Process.Kill()
		<-o.out
	}
	_ = o.cmd.Wait() // it was interrupted
}

// gopanicProbed says whether gopanic has a breakpoint: at its entry, or where
// delve takes its prologue to end.
func gopanicProbed(b *testing.B, p *tracee.Process) bool {
	b.Helper()
	code, err := os.Open(fmt.Sprintf("/proc/%d/exe", p.PID))
	if err != nil {
		b.Fatal(err)
	}
	defer code.Close() //nolint:errcheck // it was read only
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", p.PID))
	if err != nil {
		b.Fatal(err)
	}
	defer mem.Close() //nolint:errcheck // it was read only
	push := target(b, code.Name()).Sites[0]
	const around = 64
	want, got := make([]byte, 2*around), make([]byte, 2*around)
	if _, err := code.ReadAt(want, int64(push.Offset)-around); err != nil {
		b.Fatal(err)
	}
	if _, err := mem.ReadAt(got, int64(push.Addr)-around); err != nil {
		b.Fatal(err)
	}
	return string(want) != string(got)
}
