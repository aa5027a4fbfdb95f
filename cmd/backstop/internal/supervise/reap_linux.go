package supervise

import (
	"bytes"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// monitorName is what the SDK's monitor calls itself (internal/monitor, rename),
// and monitorEnv what it is started with: a program that dies at once has a
// monitor without a name.
const (
	monitorName = "backstop-mon"
	monitorEnv  = "BACKSTOP_MONITOR="
)

// A reaper takes the status of processes that others left to us, so that they
// do not stay zombies for as long as we live. The one process that we wait for
// ourselves is left alone.
type reaper struct {
	mu  sync.Mutex // held from the fork until the pid is known
	own int        // waited for by its life; 0 when there is none

	chld chan os.Signal
	poke chan struct{}
	took chan struct{} // somebody was reaped
	stop chan struct{}
	done chan struct{}
}

// startReaper makes this process the one that orphans below it fall to: an init
// process is that already. Nil when the kernel refuses; a nil reaper does
// nothing.
func startReaper() *reaper {
	if os.Getpid() != 1 {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return nil
		}
	}
	r := &reaper{
		chld: make(chan os.Signal, 1), poke: make(chan struct{}, 1), took: make(chan struct{}, 1),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	signal.Notify(r.chld, syscall.SIGCHLD)
	go r.run()
	return r
}

// close ends the reaper. Orphans that live on have another parent soon.
func (r *reaper) close() {
	if r == nil {
		return
	}
	close(r.stop)
	<-r.done
	signal.Stop(r.chld)
	if os.Getpid() != 1 {
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) // it could be set, so it can be unset
	}
}

// start runs f, which starts a process, and keeps that process from being
// reaped until release.
func (r *reaper) start(f func() (pid int, err error)) error {
	if r == nil {
		_, err := f()
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := f()
	if err == nil {
		r.own = pid
	}
	return err
}

// release is called when the process has been waited for.
func (r *reaper) release() {
	if r == nil {
		return
	}
	r.mu.Lock()
	r.own = 0
	r.mu.Unlock()
	signalTo(r.poke)
}

func (r *reaper) run() {
	defer close(r.done)
	for {
		select {
		case <-r.chld:
		case <-r.poke:
		case <-r.stop:
			return
		}
		for r.reap() {
			signalTo(r.took)
		}
	}
}

// reap takes one zombie. When the kernel shows our own process first, the others
// have to wait until it has been waited for, which is at once.
func (r *reaper) reap() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	var info childInfo
	if waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT) != nil || info.pid == 0 || int(info.pid) == r.own {
		return false
	}
	return waitid(unix.P_PID, int(info.pid), &info, unix.WEXITED|unix.WNOHANG) == nil
}

// awaitMonitors waits until the monitors that were left to us have ended, at
// most for a time or until a stop: as the init process of a container we would take them with
// us before they have delivered, and so does a service manager that kills what a
// service leaves behind.
func (r *reaper) awaitMonitors(limit time.Duration, signals <-chan os.Signal) {
	if r == nil {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for monitors(os.Getpid()) > 0 {
		select {
		case <-r.took:
		case <-timer.C:
			return
		case sig, open := <-signals:
			if !open {
				signals = nil
			} else if asksToStop(sig) {
				return
			}
		}
	}
}

// monitors counts the living children of a process that are monitors. It says 0
// when /proc is that of another pid namespace.
func monitors(parent int) (n int) {
	if self, err := os.Readlink("/proc/self"); err != nil || self != strconv.Itoa(os.Getpid()) {
		return 0
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // gone
		}
		name, fields, ok := statFields(stat)
		if ok && fields[0] != "Z" && fields[1] == strconv.Itoa(parent) && (name == monitorName || startsAsMonitor(filepath.Dir(file))) {
			n++
		}
	}
	return n
}

// startsAsMonitor looks at the environment that a process was started with.
func startsAsMonitor(proc string) bool {
	env, err := os.ReadFile(filepath.Join(proc, "environ"))
	return err == nil && (bytes.HasPrefix(env, []byte(monitorEnv)) || bytes.Contains(env, []byte("\x00"+monitorEnv)))
}

// statFields splits /proc/PID/stat (proc(5)): fields[0] is field 3. The name may
// hold spaces and parentheses.
func statFields(stat []byte) (name string, fields []string, ok bool) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return "", nil, false
	}
	for _, f := range bytes.Fields(stat[end+1:]) {
		fields = append(fields, string(f))
	}
	return string(stat[open+1 : end]), fields, len(fields) > 13
}

// childInfo is the part of siginfo_t that waitid fills (waitid(2)); package
// unix hides it. The union in it is aligned like a pointer.
type childInfo struct {
	signo, errno, code int32
	_                  [0]uintptr
	pid                int32
	_                  [112]byte // to 128, and more
}

func waitid(kind, id int, info *childInfo, options int) error {
	for {
		*info = childInfo{}
		_, _, errno := unix.Syscall6(unix.SYS_WAITID, uintptr(kind), uintptr(id), uintptr(unsafe.Pointer(info)), uintptr(options), 0, 0)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// awaitEnd blocks until a child has ended and leaves its status where it is:
// as long as nobody has taken it, the kernel still answers questions about it.
func awaitEnd(pid int) {
	var info childInfo
	_ = waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT) // whoever waits next gets the same error
}
