package trace

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc/ptrace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/attend"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// A death is a process that waits on its way out.
type death struct {
	*attend.Death
	threads map[int]int // numbers as the process has them, to ours
	done    chan<- struct{}
	frozen  bool
}

// dies reads why a process dies, and lets it go on, unless its state is to be taken
// first.
func (b *onlooker) dies(a *attended, d *attend.Death, done chan<- struct{}) {
	a.death = &death{Death: d, done: done, threads: make(map[int]int, len(d.Threads))}
	if len(d.Threads) == 0 {
		b.o.OnNotice(fmt.Sprintf("process %d was killed before anybody could look", a.target.PID))
	} else if err := b.lastWords(a); err != nil {
		b.o.OnNotice(fmt.Sprintf("why process %d dies cannot be read: %v", a.target.PID, err))
	}
	if !a.death.frozen {
		b.passes(a)
	}
}

// passes lets a process go on, and tells the engine of its end.
func (b *onlooker) passes(a *attended) {
	d := a.death
	r := a.record(bpf.Exit)
	r.Code = int64(d.Status)
	if d.Status&0x7f == sigkill && a.older.Rose() {
		oom := a.record(bpf.OOM)
		b.engine.Take(oom)
	}
	close(d.done)
	b.engine.Take(r)
}

// record begins a record about a process.
func (a *attended) record(kind bpf.Kind) *bpf.Record {
	pid := uint32(a.target.PID)
	return &bpf.Record{Kind: kind, Time: SinceBoot(), PID: pid, TID: pid, Comm: a.target.Comm, Exe: a.program.id}
}

// lastWords tells the engine what the memory of a process says about its end.
func (b *onlooker) lastWords(a *attended) error {
	p, err := a.open(a.death.Threads[0].ID)
	if err != nil {
		return err
	}
	defer p.Close() //nolint:errcheck // it was only read
	dying := postmortem.Dying{Program: p.Program, Memory: p.Memory, PID: a.own(a.target.PID)}
	for _, t := range a.death.Threads {
		own := a.own(t.ID)
		a.death.threads[own] = t.ID
		dying.Threads = append(dying.Threads, postmortem.DyingThread{TID: own, Registers: coreRegisters(&t)})
		if t.Call == exitGroup && dying.Exited == 0 {
			dying.Exited = own
		}
	}
	w, err := dying.LastWords()
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	for _, r := range a.tell(w, p.Bias) {
		r.Memory = p.Memory
		r.Stopped = r.Stopped && b.o.Freeze != ""
		b.engine.Take(r)
	}
	return nil
}

// exitGroup is the number of the system call (asm/unistd_64.h).
const exitGroup = 231

// own is the number that a thread of the process has in the namespace of that.
func (a *attended) own(thread int) int {
	if !a.inside {
		return thread
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", a.target.PID, thread))
	if err != nil {
		return thread
	}
	for line := range strings.Lines(string(text)) {
		if list, ok := strings.CutPrefix(line, "NSpid:"); ok {
			f := strings.Fields(list)
			if n, err := strconv.Atoi(f[max(len(f)-1, 0)]); err == nil {
				return n
			}
		}
	}
	return thread
}

func coreRegisters(t *attend.Thread) postmortem.Registers {
	r := &t.Registers
	return postmortem.Registers{
		R15: r.R15, R14: r.R14, R13: r.R13, R12: r.R12, RBP: r.RBP, RBX: r.RBX, R11: r.R11, R10: r.R10, R9: r.R9, R8: r.R8,
		RAX: r.RAX, RCX: r.RCX, RDX: r.RDX, RSI: r.RSI, RDI: r.RDI, OrigRAX: uint64(t.Call), RIP: r.RIP, CS: r.CS, Flags: r.Flags, RSP: r.RSP,
	}
}

// tell makes the records that probes would have made.
func (a *attended) tell(w *postmortem.LastWords, bias uint64) []*bpf.Record {
	r := a.record(0)
	r.TID, r.Bias, r.Regs, r.System = uint32(a.death.threads[w.Thread]), bias, w.Stack, w.System
	if g := w.Goroutine; g != nil {
		r.G, r.Goid, r.Parent, r.CreatedBy, r.LabelsAt, r.StackHi = g.Addr, g.ID, g.Parent, g.GoPC, g.LabelsAt, g.StackHi
	}
	r.Stopped = w.Cause == postmortem.Panicked || w.Cause == postmortem.Threw || w.Cause == postmortem.Signaled
	switch w.Cause {
	case postmortem.Panicked:
		return panicRecords(r, w.Panics)
	case postmortem.Threw:
		r.Kind, r.Text = bpf.Fatal, w.Message
	case postmortem.Signaled:
		r.Kind, r.Code = bpf.SignalDeath, int64(w.Signal)
	case postmortem.Exited:
		r.Kind, r.Code = bpf.OSExit, int64(a.death.Status>>8&0xff)
	default:
		return nil
	}
	return []*bpf.Record{r}
}

// panicRecords are those of a chain of panics, and of its end.
func panicRecords(end *bpf.Record, panics []postmortem.SpokenPanic) (all []*bpf.Record) {
	end.Kind = bpf.Uncaught
	for i, p := range panics {
		r := *end
		r.Kind, r.Stopped, r.System = bpf.Panic, false, goproc.Registers{}
		r.Time -= time.Duration(len(panics) - i) // they are told apart by it
		r.Type, r.Data, r.Text = p.Type, p.Data, p.Text
		if p.Stack.PC != 0 {
			r.Regs = p.Stack
		}
		end.Type, end.Data, end.Text = p.Type, p.Data, p.Text
		all = append(all, &r)
	}
	return append(all, end)
}

// freeze takes the state of a process that dies. Others are attended meanwhile.
func (b *onlooker) freeze(r *bpf.Record, e *Event) {
	a := b.running[int(r.PID)]
	if a == nil || a.death == nil || a.death.frozen {
		return
	}
	a.death.frozen = true
	b.freezing++
	name, cause := snapshotName(e), causeOf(e)
	go func() { //backstop:ignore goroutine-unguarded a fault of ours shall end the tracer: the kernel lets the process go on
		file, err := b.snapshot(a, name, cause)
		b.frozen <- thawed{e: e, file: file, err: err, of: a}
	}()
}

// snapshot writes the state of a process that waits on its way out.
func (b *onlooker) snapshot(a *attended, name, cause string) (string, error) {
	pid := a.target.PID
	threads := make([]ptrace.Thread, 0, len(a.death.threads))
	for own, id := range a.death.threads {
		for i := range a.death.Threads {
			if t := &a.death.Threads[i]; t.ID == id {
				threads = append(threads, ptrace.Thread{ID: own, R14: t.Registers.R14, Registers: goproc.Registers{
					PC: t.Registers.RIP, SP: t.Registers.RSP, BP: t.Registers.RBP, Trap: true,
				}})
			}
		}
	}
	s, err := postmortem.TakeStopped(pid, a.death.Threads[0].ID, a.death.At, threads, postmortem.Options{Raw: b.o.Raw})
	if err != nil {
		return "", fmt.Errorf("take the state of process %d: %w", pid, err)
	}
	s.Dying = cause
	return writeSnapshot(s, pid, b.o.Freeze, name)
}

// thaw takes note of a process whose state was taken, and lets it go on.
func (b *onlooker) thaw(t thawed) {
	b.freezing = max(b.freezing-1, 0)
	b.engine.Frozen(t.e, t.file, t.err)
	b.passes(t.of)
}
