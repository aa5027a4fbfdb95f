package host

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// A Guardian is a process of the same executable that outlives this one, should it
// be killed: it holds the maps of what was stopped, and lets all of it go on.
//
// It has a session of its own and ignores the signals of terminals, so that what
// ends the tracer leaves it alone. Whoever kills both at once, such as a service
// manager that kills a whole cgroup with SIGKILL, leaves stopped what is stopped.
type Guardian struct {
	cmd  *exec.Cmd
	life *os.File // the guardian waits for its end
	done chan struct{}
	err  error // how it ended; after done
}

// envGuardian tells a process that it is a guardian, and of how many maps.
const envGuardian = "BACKSTOP_GUARDIAN"

const (
	guardianPipe = 3 // file descriptors of a guardian: the pipe, and the maps
	guardianMaps = 4
	maxMaps      = 16
)

// goodbye is written by a tracer that ends in peace: nothing is stopped any more
// by anybody.
const goodbye = 'g'

// StartGuardian starts a guardian for maps, nil ones left out, and returns when it
// is ready: before that, nothing should be stopped. The program must call [Guard]
// first thing.
func StartGuardian(maps ...*bpf.Stopped) (_ *Guardian, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	defer r.Close()
	defer func() {
		if err != nil {
			_ = w.Close()
		}
	}()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"backstop-guardian"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = []*os.File{r}
	for _, m := range maps {
		if m == nil {
			continue
		}
		fd, err := unix.FcntlInt(uintptr(m.FD()), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return nil, fmt.Errorf("start a guardian: duplicate a map: %w", err)
		}
		f := os.NewFile(uintptr(fd), "stopped")
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	cmd.Env = append(os.Environ(), envGuardian+"="+strconv.Itoa(len(cmd.ExtraFiles)-1))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a guardian: %w", err)
	}
	line, err := bufio.NewReader(io.LimitReader(out, 1<<10)).ReadString('\n')
	if line != "ready\n" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("start a guardian: it says %q: %w", line, err)
	}
	g := &Guardian{cmd: cmd, life: w, done: make(chan struct{})}
	go g.wait()
	return g, nil
}

// wait is the goroutine that notices the guardian's end.
func (g *Guardian) wait() {
	defer close(g.done)
	g.err = g.cmd.Wait()
}

// Done is closed when the guardian has ended. Unless that was by Close, nothing
// may be stopped any more.
func (g *Guardian) Done() <-chan struct{} { return g.done }

// Close ends the guardian after it has let go on what is stopped still. Programs
// that stop processes are to be detached before.
func (g *Guardian) Close() error {
	_, werr := g.life.Write([]byte{goodbye})
	cerr := g.life.Close()
	<-g.done
	if g.err != nil {
		return fmt.Errorf("end the guardian: %w", g.err)
	}
	if errors.Is(werr, syscall.EPIPE) {
		werr = nil // it had ended before, and in peace
	}
	return errors.Join(werr, cerr)
}

// Guard is to be called before anything else by a program that calls
// StartGuardian: in a guardian it does its work and ends the process.
func Guard() {
	text := os.Getenv(envGuardian)
	if text == "" {
		return
	}
	if err := guardian(text); err != nil {
		fmt.Fprintf(os.Stdout, "guardian: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func guardian(text string) error {
	// Not the signals with which people end what they see.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	_ = os.WriteFile("/proc/self/comm", []byte("backstop-guard"), 0) // for ps only
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxMaps {
		return fmt.Errorf("%s=%q", envGuardian, text)
	}
	tracer := os.Getppid()
	w := watchdog{noticed: make(map[uint32]time.Time)}
	for i := range n {
		m, err := bpf.OpenStopped(guardianMaps + i)
		if err != nil {
			return err
		}
		w.maps = append(w.maps, m)
	}
	life := os.NewFile(guardianPipe, "life")
	if life == nil {
		return errors.New("no pipe to the tracer")
	}
	if _, err := fmt.Println("ready"); err != nil {
		return err
	}
	_ = os.Stdout.Close()
	last, err := io.ReadAll(io.LimitReader(life, 1))
	if err != nil {
		return fmt.Errorf("wait for the tracer: %w", err)
	}
	peace := len(last) == 1 && last[0] == goodbye
	// Files of a dying process are closed one after the other. When it is nobody's
	// parent any more, all are, and no program of its is left in the kernel.
	w.release(func() bool { return peace || os.Getppid() != tracer })
	return nil
}

// A watchdog lets go on what is noted in maps.
type watchdog struct {
	maps    []*bpf.Stopped
	noticed map[uint32]time.Time // when it found a process that is not stopped
}

const round = 5 * time.Millisecond

// release goes on until nothing is noted and, by over, nothing will be.
func (w *watchdog) release(over func() bool) {
	for {
		done := over() // before looking: what came before it is seen
		if left := w.pass(); done && left == 0 {
			return
		}
		time.Sleep(round)
	}
}

// pass looks at every process once and returns how many are noted still.
func (w *watchdog) pass() (left int) {
	for _, m := range w.maps {
		noted, err := m.Noted()
		if err != nil {
			continue // the rest of them is looked at in the next round
		}
		for pid, at := range noted {
			if !w.settle(m, pid, at) {
				left++
			}
		}
	}
	return left
}

// settle reports whether nothing remains to be done about a process.
func (w *watchdog) settle(m *bpf.Stopped, pid uint32, at time.Duration) bool {
	s, err := proc("/proc").stat(int(pid))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
	case err == nil && (s.start > at || s.state == 'Z' || s.state == 'X'):
		// It has ended, and may be another process by now.
	case err == nil && s.state == 'T':
		if err := Resume(m, int(pid)); err == nil {
			return true
		}
		fallthrough
	default:
		// Not stopped yet, or somebody was faster.
		first, ok := w.noticed[pid]
		if !ok {
			w.noticed[pid] = time.Now()
			return false
		}
		if time.Since(first) < late {
			return false
		}
	}
	return m.Forget(pid) == nil
}
