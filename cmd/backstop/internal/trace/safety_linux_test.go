package trace_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) {
	host.Guard()
	crashtest.Main(m, map[string]crashtest.Program{"tracer": tracer, "freezer": freezer, "onlooker": onlooker})
}

// tracer attaches to an executable, says so, and ends as standard input says.
func tracer(args []string) {
	sites, err := find(args[0])
	if err != nil {
		panic(err)
	}
	t, err := bpf.Load(bpf.Options{Rate: -1, Single: args[1] == "single"})
	if err != nil {
		panic(err)
	}
	if _, err := t.Attach(sites.Target(args[0])); err != nil {
		panic(err)
	}
	go func() {
		for {
			if _, err := t.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	fmt.Println("attached")
	in := bufio.NewReader(os.Stdin)
	word, _ := in.ReadString('\n') //nolint:errcheck // the test is gone, and so should we be
	switch word {
	case "crash\n":
		var nobody *bpf.Tracer
		_ = nobody.Took()
	case "exit\n":
		os.Exit(1) // no Close
	case "close\n":
		if err := t.Close(); err != nil {
			panic(err)
		}
	}
}

// freezer freezes a process when it dies.
func freezer(args []string) {
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		panic(err)
	}
	_, err = trace.Run(context.Background(), trace.LiveOptions{
		Host: host.Options{Selection: host.Selection{PIDs: []int{pid}}}, Freeze: args[1],
		OnEvent: func(*trace.Event) {}, OnNotice: func(text string) { fmt.Fprintln(os.Stderr, text) },
		OnTarget: func(trace.Attachment) { fmt.Println("attached") },
		OnTick:   func(trace.Status, []*trace.Site) {},
	})
	if err != nil {
		panic(err)
	}
}

// A tracer is killed while its target stands still in the moment of its death, for
// the tracer to look at: it dies as it would have.
func TestKilledWhileFreezing(t *testing.T) {
	load(t, bpf.Options{}) // or skip
	p := tracee.Start(t, tracee.Private(t, tracee.Build(t, tracee.Toolchains[5], tracee.Stripped)))
	cmd := crashtest.Command(t, "freezer", &crashtest.Options{Args: []string{strconv.Itoa(p.PID), t.TempDir()}})
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "attached\n" {
		t.Fatalf("the tracer says %q, %v", line, err)
	}
	// The tracer stands still first, so that it cannot let the target go on.
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.Send("die-string")
	crashtest.Eventually(t, "the target is stopped", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
		return err == nil && strings.Contains(string(stat), ") T ")
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if err := p.Wait(); err == nil || err.Error() != "exit status 2" || !strings.Contains(p.Stderr.String(), "panic: a text") {
		t.Errorf("the target ended with %v and said %q", err, p.Stderr)
	}
}

// cost is the processor time of a panic and its recovery in a process: the median
// of five storms.
func cost(p *tracee.Process) time.Duration {
	var all []time.Duration
	for range 5 {
		a := p.Do("storm 2000 5")
		all = append(all, a.CPU/time.Duration(a.Count))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// However a tracer ends, its target goes on unharmed and has no probe left.
func TestTracerEnds(t *testing.T) {
	load(t, bpf.Options{}) // or skip
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[5], tracee.PIEStripped))
	sites := mustFind(t, exe)
	p := tracee.Start(t, exe)
	bare := cost(p)
	c := visit(t, p.Do("http").Text)
	for how, ends := range map[string][]string{"multi": {"kill", "terminate", "crash", "exit", "close"}, "single": {"kill", "close"}} {
		for _, end := range ends {
			t.Run(how+"/"+end, func(t *testing.T) {
				cmd := crashtest.Command(t, "tracer", &crashtest.Options{Args: []string{exe, how}})
				in, err := cmd.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "attached\n" {
					t.Fatalf("the tracer says %q, %v", line, err)
				}
				p.Do("storm 100 3")
				if n := probed(t, p.PID, sites); n != len(sites.Sites) {
					t.Errorf("%d of %d probes in the target", n, len(sites.Sites))
				}
				switch end {
				case "kill":
					err = cmd.Process.Kill()
				case "terminate":
					err = cmd.Process.Signal(syscall.SIGTERM)
				default:
					_, err = io.WriteString(in, end+"\n")
				}
				if err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // its end is what is tested
				// Files are closed behind the back of a process that was killed.
				crashtest.Eventually(t, "no probe is left", func() bool { return probed(t, p.PID, sites) == 0 })
				done := c.done.Load()
				crashtest.Eventually(t, "the target answers", func() bool { return c.done.Load() > done+10 })
				if a := p.Do("grow 100"); a.Count != 100 {
					t.Errorf("the target says %+v", a)
				}
			})
		}
	}
	c.leave()
	t.Logf("CPU of a panic and its recovery, 5 calls deep: %v before, %v afterwards", bare, cost(p))
}

// A target may end in any way while it is attached to.
func TestTargetEnds(t *testing.T) {
	tracer := load(t, bpf.Options{})
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[0], tracee.PIE))
	sites := mustFind(t, exe)
	for _, end := range []string{"die-string", "unlock", "exit 4", "terminate", "abort", "kill"} {
		t.Run(end, func(t *testing.T) {
			p := tracee.Start(t, exe)
			target := sites.Target(fmt.Sprintf("/proc/%d/exe", p.PID))
			target.PID = p.PID
			id, err := tracer.Attach(target)
			if err != nil {
				t.Fatal(err)
			}
			p.Do("storm 10")
			if end == "kill" {
				err = p.Cmd.Process.Kill()
			} else {
				p.Send(end)
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = p.Wait() // its end is what is tested
			if err := tracer.Detach(id); err != nil {
				t.Error(err)
			}
			// Neither the file nor the process can be attached to by its number.
			if _, err := tracer.Attach(target); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("attach to what has ended: %v", err)
			}
			other := tracee.Start(t, exe)
			if n := probed(t, other.PID, sites); n != 0 {
				t.Errorf("%d probes in a process that was not asked for", n)
			}
		})
	}
}

// duplicate copies an executable, for tests that change it.
func duplicate(t *testing.T, exe string, change ...func([]byte) []byte) string {
	t.Helper()
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		b = f(b)
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// An executable is replaced while it runs, as a deployment does: what runs is what
// is attached to, not what stands at its path by now.
func TestReplaced(t *testing.T) {
	tracer := load(t, bpf.Options{})
	exe := duplicate(t, tracee.Build(t, tracee.Toolchains[5], tracee.Default))
	old := tracee.Start(t, exe)
	sites := mustFind(t, exe)
	next := duplicate(t, tracee.Build(t, tracee.Toolchains[1], tracee.Default))
	if err := os.Rename(next, exe); err != nil {
		t.Fatal(err)
	}
	// Who has looked at the old file does not put probes on the new one.
	var refused *probe.RefusedError
	if _, err := tracer.Attach(sites.Target(exe)); !errors.As(err, &refused) || refused.Hint() == "" {
		t.Errorf("attach to another file than was read: %v", err)
	}
	young := tracee.Start(t, exe)
	running := fmt.Sprintf("/proc/%d/exe", old.PID)
	id, err := tracer.Attach(mustFind(t, running).Target(running))
	if err != nil {
		t.Fatal(err)
	}
	old.Do("storm 30")
	young.Do("storm 40")
	if n := probed(t, old.PID, sites); n != len(sites.Sites) {
		t.Errorf("%d of %d probes in what runs the deleted file", n, len(sites.Sites))
	}
	if n := probed(t, young.PID, mustFind(t, exe)); n != 0 {
		t.Errorf("%d probes in what runs the new file", n)
	}
	counts, err := tracer.Counts()
	if err != nil {
		t.Fatal(err)
	}
	seen := uint64(0)
	for _, c := range counts {
		if c.Exe == id && c.Kind == bpf.Panic {
			seen += c.Seen
		}
	}
	if seen != 30 {
		t.Errorf("%d panics seen of 30, and 40 in another file", seen)
	}
}

// Where the last probe cannot be put there is none at all.
func TestAllProbesOrNone(t *testing.T) {
	exe := tracee.Private(t, tracee.Build(t, tracee.Toolchains[0], tracee.Stripped))
	sites := mustFind(t, exe)
	p := tracee.Start(t, exe)
	for _, single := range []bool{false, true} {
		tracer := load(t, bpf.Options{Single: single})
		target := sites.Target(exe)
		target.Verify = nil
		target.Sites = append(slices.Clone(target.Sites), bpf.Site{Kind: bpf.OSExit, Offset: 1 << 40})
		if _, err := tracer.Attach(target); err == nil {
			t.Error("attached behind the end of the file")
		}
		if n := probed(t, p.PID, sites); n != 0 {
			t.Errorf("single=%t: %d probes in the process", single, n)
		}
		p.Do("storm 10")
		if counts, err := tracer.Counts(); err != nil || len(counts) != 0 {
			t.Errorf("single=%t: counted %+v, %v", single, counts, err)
		}
	}
}
