//go:build amd64

package attend_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/internal/crashtest"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/attend"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Program{"target": target, "attender": attender})
}

// target does what it is told, a word a line, and says so.
func target([]string) {
	// Others than parents may look at it, where Yama asks.
	_ = unix.Prctl(unix.PR_SET_PTRACER, unix.PR_SET_PTRACER_ANY, 0, 0, 0)
	in := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		answer := strings.TrimSpace(line)
		switch answer {
		case "threads": // that end
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() { runtime.LockOSThread() })
			}
			wg.Wait()
		case "many": // that stay
			var wg sync.WaitGroup
			for range 100 {
				wg.Add(1)
				go func() { runtime.LockOSThread(); wg.Done(); select {} }()
			}
			wg.Wait()
		case "children":
			out, err := exec.Command("/bin/sh", "-c", "grep TracerPid /proc/$$/status").CombinedOutput()
			answer = strings.Join(strings.Fields(fmt.Sprintf("%s %v", out, err)), " ")
		case "urge": // signals to itself, for ever
			go func() {
				runtime.LockOSThread()
				for {
					_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGURG)
				}
			}()
		case "catch":
			signals := make(chan os.Signal, 1)
			signal.Notify(signals, syscall.SIGTERM)
			go func() { <-signals; fmt.Println("caught") }()
		case "exec":
			err := syscall.Exec("/proc/self/exe", os.Args, os.Environ())
			answer = err.Error()
		case "exit":
			os.Exit(7)
		}
		fmt.Println(answer)
	}
}

// told is a line of the attender.
type told struct {
	Attends, Ended bool
	Threads        int
	Signal         *attend.Signal
	Death          *attend.Death
	Refused        string
	Gone           bool
}

// attender attends a process and tells what it sees. With a second argument, it holds
// the process when that happens, and is to be killed. It leaves when its standard
// input says so, and lets other programs run meanwhile.
func attender(args []string) {
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		panic(err)
	}
	_ = exec.Command("/bin/true").Run() // some thread has a child from now on
	say := func(t told) {
		if err := json.NewEncoder(os.Stdout).Encode(t); err != nil {
			panic(err)
		}
	}
	hold := func(what string) {
		if len(args) > 1 && args[1] == what {
			time.Sleep(time.Hour)
		}
	}
	in := bufio.NewReader(os.Stdin)
	for {
		a, err := attend.Attend(pid, attend.Options{
			OnSignal: func(s attend.Signal) { say(told{Signal: &s}); hold("signal") },
			OnDeath:  func(d *attend.Death) { say(told{Death: d}); hold("death") },
			OnEnd:    func() { say(told{Ended: true}) },
		})
		var r *ptrace.Refusal
		if errors.As(err, &r) {
			say(told{Refused: r.Reason, Gone: r.Gone})
			return
		}
		say(told{Attends: true, Threads: a.Threads})
		word, err := in.ReadString('\n')
		if err != nil {
			return // killed, or the test has ended
		}
		if word == "run\n" {
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for range 5 {
						if err := exec.Command("/bin/true").Run(); err != nil {
							say(told{Refused: err.Error()})
						}
					}
				})
			}
			all.Wait()
		}
		a.Leave()
	}
}

// A program is one of the above that runs.
type program struct {
	tb  testing.TB
	pid int
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func run(tb testing.TB, name string, args ...string) *program {
	tb.Helper()
	p := &program{tb: tb, cmd: crashtest.Command(tb, name, &crashtest.Options{Args: args})}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p.pid = p.cmd.Process.Pid
	tb.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		_ = p.cmd.Wait()
	})
	return p
}

// hears returns the next line of the program.
func (p *program) hears() string {
	p.tb.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.tb.Fatalf("process %d says %q: %v", p.pid, line, err)
	}
	return strings.TrimSpace(line)
}

func (p *program) want(line string) {
	p.tb.Helper()
	if got := p.hears(); got != line {
		p.tb.Fatalf("process %d says %q, not %q", p.pid, got, line)
	}
}

func (p *program) tell(word string) {
	p.tb.Helper()
	if _, err := io.WriteString(p.in, word+"\n"); err != nil {
		p.tb.Fatal(err)
	}
}

// does tells the program to do something, and waits until it has.
func (p *program) does(word string) {
	p.tb.Helper()
	p.tell(word)
	p.want(word)
}

// ends waits for the end.
func (p *program) ends() syscall.WaitStatus {
	p.tb.Helper()
	_ = p.cmd.Wait() // the status tells
	return p.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// next is the next line of an attender.
func (p *program) next() (t told) {
	p.tb.Helper()
	line := p.hears()
	if err := json.Unmarshal([]byte(line), &t); err != nil {
		p.tb.Fatalf("%q: %v", line, err)
	}
	return t
}

// attending starts an attender of a process.
func attending(tb testing.TB, pid int, hold ...string) *program {
	tb.Helper()
	a := run(tb, "attender", append([]string{strconv.Itoa(pid)}, hold...)...)
	if t := a.next(); !t.Attends || t.Threads == 0 {
		tb.Fatalf("the attender says %+v", t)
	}
	return a
}

// untilDeath returns the death that an attender tells of, and the signals before it.
func (p *program) untilDeath() (d *attend.Death, signals []attend.Signal) {
	p.tb.Helper()
	for {
		switch t := p.next(); {
		case t.Signal != nil:
			signals = append(signals, *t.Signal)
		case t.Death != nil:
			for _, th := range t.Death.Threads {
				if th.Registers.RIP == 0 || th.Registers.RSP == 0 {
					p.tb.Errorf("thread %+v has no registers", th)
				}
			}
			return t.Death, signals
		default:
			p.tb.Fatalf("the attender says %+v", t)
		}
	}
}
