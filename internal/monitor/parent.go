//go:build unix && !aix && go1.23

package monitor

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/internal/errs"
)

// A Monitor is the parent's handle on its child.
type Monitor struct {
	pid   int
	nudge *os.File

	mu   sync.Mutex
	gone bool // reaped
}

// Start starts the child and points the runtime's crash output at it. It costs
// the parent one fork and no goroutine. table is the file of the requests in
// flight, nil when there is none; it stays the caller's. What Start finds out it
// adds to c.
func Start(c *Config, table *os.File) (*Monitor, error) {
	c.Exe = executable()
	c.Supervisor = supervisor()
	c.Address = address()
	m, err := start(c, table)
	return m, errs.In("start monitor", err)
}

func start(c *Config, table *os.File) (*Monitor, error) {
	var crashR, crashW, nudgeR, nudgeW *os.File
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	log := null
	if path := os.Getenv(envLog); path != "" && err == nil {
		log, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	}
	if err == nil {
		crashR, crashW, err = os.Pipe()
	}
	if err == nil {
		nudgeR, nudgeW, err = os.Pipe()
	}
	pidfd, perr := openSelf()
	c.PIDFD, c.Table = perr == nil, table != nil
	if !c.PIDFD {
		pidfd = null
	}
	if !c.Table {
		table = null
	}
	m := &Monitor{nudge: nudgeW}
	if err == nil {
		m.pid, err = spawn(c, []*os.File{null, null, log, crashR, nudgeR, pidfd, table})
	}
	if err == nil {
		// The runtime keeps a duplicate of its own. At an error the child sees
		// both pipes close, and exits.
		err = debug.SetCrashOutput(crashW, debug.CrashOptions{})
	}
	if err == nil {
		prepare(crashW)
	}
	for _, f := range [...]*os.File{null, log, crashR, crashW, nudgeR, pidfd} {
		_ = f.Close() // refuses nil, and to close twice
	}
	if err != nil {
		_ = nudgeW.Close()
		return nil, err
	}
	return m, nil
}

// prepare makes the crash pipe large, and a program that dies then drop text
// rather than wait for a monitor that does not read, because it is stopped or
// starved. The runtime ignores what it cannot write (runtime/write_err.go,
// writeErrData). The pipe is empty when a crash begins, so its head is never lost,
// and a monitor that runs keeps up: the runtime writes some 4 MB in a second.
func prepare(w *os.File) {
	conn, err := w.SyscallConn()
	if err != nil {
		return
	}
	conn.Control(func(fd uintptr) { //nolint:errcheck // then a crash may wait
		if widen(fd) {
			syscall.SetNonblock(int(fd), true) //nolint:errcheck // as above
		}
	})
}

// spawn starts this executable again, in a process group of its own so that a
// Ctrl-C at the terminal does not reach it. The arguments stay the same: what
// runs before the child finds out what it is may look at them.
func spawn(c *Config, files []*os.File) (pid int, err error) {
	env, err := environ(os.Environ(), c)
	if err != nil {
		return 0, err
	}
	exe := "/proc/self/exe" // stays right when the file was replaced
	if _, err := os.Stat(exe); err != nil {
		if exe, err = os.Executable(); err != nil {
			return 0, err
		}
	}
	args := os.Args
	if len(args) == 0 {
		args = []string{exe}
	}
	p, err := os.StartProcess(exe, args, &os.ProcAttr{
		Env:   env,
		Files: files,
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return 0, err
	}
	pid = p.Pid
	return pid, p.Release()
}

// Nudge tells the child to look into the spool. It never blocks. ErrGone means
// that nobody is there any more.
func (m *Monitor) Nudge() error { return m.say(wordLook) }

func (m *Monitor) say(word byte) error {
	conn, err := m.nudge.SyscallConn()
	if err != nil {
		return errs.In("nudge monitor", err)
	}
	// The pipe is non-blocking, and the raw connection does not wait when the
	// function returns true. A full pipe means that the child knows already.
	var werr error
	err = conn.Write(func(fd uintptr) bool {
		_, werr = syscall.Write(int(fd), []byte{word})
		return true
	})
	if errors.Is(werr, syscall.EPIPE) {
		m.reap()
		return ErrGone
	}
	if werr != nil && !errors.Is(werr, syscall.EAGAIN) && !errors.Is(werr, syscall.EINTR) {
		err = werr
	}
	return errs.In("nudge monitor", err)
}

// Close lets the child go: it delivers what is left, for a bounded time, and
// exits. However the program ends from now on, the child does not report it.
func (m *Monitor) Close() error {
	_ = m.say(wordStop) // when nobody is there any more, nobody reports
	return errs.And(debug.SetCrashOutput(nil, debug.CrashOptions{}), m.nudge.Close())
}

// Wait waits until the child has exited, by asking every few milliseconds: see
// the package comment for why it does not park in wait4.
func (m *Monitor) Wait(ctx context.Context) error {
	for wait := time.Millisecond; !m.reap(); wait = min(2*wait, 20*time.Millisecond) {
		select {
		case <-ctx.Done():
			return errs.In("wait for monitor", ctx.Err())
		case <-time.After(wait):
		}
	}
	return nil
}

// reap reports whether the child has exited, and takes its entry out of the
// process table.
func (m *Monitor) reap() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone {
		return true
	}
	pid, err := syscall.Wait4(m.pid, nil, syscall.WNOHANG, nil)
	m.gone = pid == m.pid || errors.Is(err, syscall.ECHILD)
	return m.gone
}
