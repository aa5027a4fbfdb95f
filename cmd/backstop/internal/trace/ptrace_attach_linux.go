package trace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/backstop-go/backstop/internal/gobin/layout"
	system "github.com/backstop-go/backstop/internal/host"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/attend"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// maxAttended bounds how many processes are attended: each takes a thread of ours,
// of which a Go program has 10,000 at most (debug.SetMaxThreads).
const maxAttended = 1000

// A program is an executable that is known, or why it is not.
type program struct {
	id     uint32
	layout *layout.Layout
	err    error
	read   time.Duration // how long that took
}

// An attended is a process that is attended.
type attended struct {
	target  *host.Target
	program *program
	process *attend.Attended
	inside  bool // it has a pid namespace of its own
	quit    chan struct{}
	leaving sync.Once

	death *death

	// The counter of the OOM killer, of now and of a moment ago: it rises before the
	// process dies.
	older, newer system.OOMWatch
	rotated      time.Time
}

// leave lets go of the process, whatever waits for us.
func (a *attended) leave() {
	a.leaving.Do(func() { close(a.quit) })
	a.process.Leave()
}

// rotate forgets kills of others that were long ago.
func (a *attended) rotate(now time.Time) {
	const old = 5 * time.Second
	if now.Sub(a.rotated) >= old {
		a.older, a.newer, a.rotated = a.newer, system.WatchOOM(a.target.PID), now
	}
}

// attach begins to attend a process, and tells what became of it.
func (b *onlooker) attach(t *host.Target) {
	told := Attachment{At: time.Now(), Exe: t.Executable.Display, GoVersion: t.Executable.Binary.GoVersion(), PID: t.PID, Via: Ptrace}
	b.leave() // the same process may have had another program
	p := b.program(t.Executable)
	told.Index = p.read
	err := p.err
	var a *attended
	if err == nil {
		a, err = b.attend(t, p)
	}
	var gone *ptrace.Refusal
	switch {
	case err == nil:
		told.Attached, told.Attach, told.Threads = true, time.Since(told.At)-p.read, a.process.Threads
		p.read = 0 // it was, once
		b.running[t.PID] = a
	case len(b.o.Host.PIDs) == 0 && (errors.Is(err, goproc.ErrNoProcess) || errors.As(err, &gone) && gone.Gone):
		return // it has ended meanwhile
	default:
		b.refused[t.PID] = true
		told.Reason = err.Error()
		var h Hinted
		if errors.As(err, &h) {
			told.Hint = h.Hint()
		}
	}
	b.o.OnTarget(told)
}

// program reads an executable, once.
func (b *onlooker) program(exe *host.Executable) *program {
	p := b.programs[exe]
	if p != nil {
		return p
	}
	began := time.Now()
	p = &program{id: uint32(len(b.programs) + 1)}
	b.programs[exe] = p
	if p.layout, p.err = goproc.LayoutOf(exe.Binary); p.err != nil {
		p.err = explain(fmt.Errorf("%s: %w", exe.Display, p.err))
		return p
	}
	p.read = time.Since(began)
	b.targets[p.id] = NewTarget(exe.Display, exe.Binary, p.layout)
	return p
}

// attend begins to attend a process whose memory may be read.
func (b *onlooker) attend(t *host.Target, p *program) (*attended, error) {
	if len(b.running) >= maxAttended {
		return nil, &refusal{fmt.Errorf("%d processes are watched already", maxAttended), "name fewer, or use probes (-by ebpf)"}
	}
	a := &attended{target: t, program: p, quit: make(chan struct{}), inside: inside(t.PID), newer: system.WatchOOM(t.PID), rotated: time.Now()}
	a.older = a.newer
	if err := ptrace.Examine(t.PID); err != nil {
		return nil, unattended(err)
	}
	open, err := a.open(t.PID)
	if err != nil {
		return nil, unattended(ptrace.Refused(t.PID, err))
	}
	_ = open.Close() // it was only to be tried
	a.process, err = attend.Attend(t.PID, attend.Options{
		OnSignal: func(s attend.Signal) { a.send(b.news, news{of: a, signal: a.signal(s)}) },
		OnDeath:  func(d *attend.Death) { a.dies(b.news, d) },
		OnEnd:    func() { a.send(b.news, news{of: a}) },
	})
	if err != nil {
		return nil, unattended(err)
	}
	return a, nil
}

// open opens the memory of the process, which has a thread.
func (a *attended) open(thread int) (*goproc.Process, error) {
	return goproc.OpenProgram(thread, &goproc.Program{File: a.target.Executable.Binary, Layout: a.program.layout}) //nolint:wrapcheck // it names the process
}

// unattended is the error about a process that cannot be attended.
func unattended(err error) error {
	var r *ptrace.Refusal
	if !errors.As(err, &r) {
		return explain(err)
	}
	text := fmt.Errorf("watch process %d by ptrace: %s", r.PID, r.Reason)
	if r.Err != nil {
		text = fmt.Errorf("%w: %w", text, r.Err)
	}
	if r.Hint == "" {
		return text
	}
	return &refusal{text, r.Hint}
}

// unwatched is the error about processes that were named and may not be looked at.
// What it says of the first of those is what a snapshot of it would.
func unwatched(err error, pids []int) error {
	if !errors.Is(err, fs.ErrPermission) {
		return explain(err)
	}
	for _, pid := range pids {
		if _, link := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); !errors.Is(link, fs.ErrPermission) {
			continue
		}
		var r *ptrace.Refusal
		if errors.As(ptrace.Refused(pid, fs.ErrPermission), &r) {
			return &refusal{fmt.Errorf("look at process %d: %s: %w", pid, r.Reason, fs.ErrPermission), r.Hint}
		}
	}
	return explain(err)
}

// inside reports whether a process has another pid namespace than we.
func inside(pid int) bool {
	own, err := os.Readlink("/proc/self/ns/pid")
	its, itsErr := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	return err == nil && itsErr == nil && own != its
}

// send passes news on, unless nobody wants to hear them any more.
func (a *attended) send(to chan<- news, n news) {
	select {
	case to <- n:
	case <-a.quit:
	}
}

// dies passes a death on. The process waits until it has been looked at.
func (a *attended) dies(to chan<- news, d *attend.Death) {
	done := make(chan struct{})
	a.send(to, news{of: a, death: d, done: done})
	select {
	case <-done:
	case <-a.quit:
	case <-time.After(freezeTime):
	}
}

// signal makes a record of a signal. Who sent it is asked for at once: it may be
// gone soon.
func (a *attended) signal(s attend.Signal) *bpf.Record {
	r := &bpf.Record{
		Kind: bpf.Signal, Time: SinceBoot(), PID: uint32(a.target.PID), TID: uint32(s.Thread), Exe: a.program.id,
		Code: int64(s.Number), SigCode: s.Code, PeerUID: s.UID,
	}
	sender := s.Sender
	if a.inside && sender > 0 {
		sender = host.FindInside(a.target.PID, sender)
	}
	if sender <= 0 {
		return r
	}
	r.Peer = uint32(sender)
	p, _ := host.Find(sender) // whose it is may be known although its executable is not
	r.PeerComm = p.Comm
	return r
}
