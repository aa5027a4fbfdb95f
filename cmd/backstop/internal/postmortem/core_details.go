package postmortem

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/corefile"
	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/locals"
	"github.com/backstop-go/backstop/internal/redact"
)

// CoreDetails are what a core has beyond a report: "core" in the JSON.
type CoreDetails struct {
	Executable string `json:"executable"`
	// Alive says that nothing had ended the process: a debugger wrote the core.
	Alive bool `json:"alive"`
	// Cut says that the file ends before all that its headers speak of.
	Cut bool `json:"cut"`
	// CauseMissing says that why it ended is not in what is left of the core.
	CauseMissing bool        `json:"cause_missing"`
	Process      CoreProcess `json:"process"`
	// Signal is what the kernel says ended it, null when it does not say.
	Signal *CoreSignal `json:"signal"`
	// Value is the value of the last panic, null where there was none.
	Value   *goproc.Value `json:"panic_value"`
	Threads []CoreThread  `json:"threads"` // that which died first
	// Scheduler is null when it could not be read. RuntimeFault says that the
	// runtime ended the process, so that its state matters.
	Scheduler    *Scheduler `json:"scheduler"`
	RuntimeFault bool       `json:"runtime_fault"`
	Requests     []Request  `json:"requests,omitempty"`
	// Frames are frames with their variables, when they were asked for.
	Frames []locals.Frame `json:"locals,omitempty"`

	Problems []string `json:"problems"`
}

// A CoreProcess is the process that died. Command is cut at 79 bytes by the
// kernel.
type CoreProcess struct {
	PID     int    `json:"pid"`
	UID     uint32 `json:"uid"`
	Name    string `json:"name"`
	Command string `json:"command"`
}

// A CoreSignal is a signal. Sender is the process that sent it, and is left out
// when the kernel raised it, or the process itself.
type CoreSignal struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Code   int    `json:"code"`
	Self   bool   `json:"self,omitempty"` // the program sent it to itself, as GOTRACEBACK=crash has it
	Addr   string `json:"addr,omitempty"` // hexadecimal, of a fault
	Sender int    `json:"sender,omitempty"`
	UID    uint32 `json:"sender_uid,omitempty"`
}

// A CoreThread is a thread of the system.
type CoreThread struct {
	TID    int    `json:"tid"`
	Number *int64 `json:"number"` // the runtime's number, null for a thread that is not its own
	// Goroutine is the one it runs, 0 when it runs none.
	Goroutine int64 `json:"goroutine,omitempty"`
	// Doing is "go", "runtime" (on the scheduler's own stack) or "c".
	Doing string `json:"doing"`
	// Code is where it is: a function, or a file and an offset.
	Code string `json:"code"`
	// Handling is the signal whose handler it runs; the rest is of what that
	// interrupted.
	Handling string `json:"handling,omitempty"`
	// Registers are hexadecimal; of threads in C only.
	Registers []CoreRegister `json:"registers,omitempty"`
	// Stack has functions of Go only, innermost first, at most 20.
	Stack []string `json:"stack,omitempty"`
}

// A CoreRegister is a register.
type CoreRegister struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Examine may be asked for many threads.
const (
	maxThreadStack = 20
	maxCoreThreads = 10_000
)

func (c *Core) details(places []*place, d *death, t *taken, s *Snapshot) CoreDetails {
	out := CoreDetails{
		Executable: c.Executable, Alive: d.place == nil, Cut: c.file.Cut, CauseMissing: d.unknown, Value: d.value, RuntimeFault: d.scheduler, Threads: []CoreThread{},
		Process: c.process(),
	}
	if d.value != nil && !c.options.Raw {
		masked := mask("", *d.value)
		out.Value = &masked
	}
	if n := c.file.Signal.Number; n != 0 {
		out.Signal = c.signal(&c.file.Signal)
	}
	if s != nil {
		out.Scheduler, out.Requests = s.Scheduler, s.Requests
		t.fillScheduler(out.Scheduler)
	}
	for _, p := range places[:min(len(places), maxCoreThreads)] {
		out.Threads = append(out.Threads, c.thread(p))
	}
	if d.place != nil { // it comes first
		slices.SortStableFunc(out.Threads, func(a, b CoreThread) int {
			first := d.place.thread.TID
			return boolOrder(a.TID == first, b.TID == first)
		})
	}
	out.Problems = append([]string{}, c.problems...)
	return out
}

// boolOrder puts what is true first.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (c *Core) process() CoreProcess {
	p := &c.file.Process
	out := CoreProcess{PID: p.PID, UID: p.UID, Name: p.Name, Command: p.Args}
	if !c.options.Raw {
		out.Command = redact.Text(p.Args)
	}
	return out
}

func (c *Core) signal(s *corefile.Signal) *CoreSignal {
	name, _, _ := strings.Cut(signalText(s.Number), ":")
	out := &CoreSignal{Number: s.Number, Name: name, Code: s.Code}
	switch byKernel := s.Code > 0; {
	case !s.Info:
	case byKernel && isFault(s.Number):
		out.Addr = fmt.Sprintf("%#x", s.Addr)
	case byKernel:
	case s.Sender != c.file.Process.PID:
		out.Sender, out.UID = s.Sender, s.UID
	default:
		out.Self = true
	}
	return out
}

// isFault says whether a signal tells of an address.
func isFault(signal int) bool {
	return signal == sigSEGV || signal == sigBUS || signal == sigILL || signal == sigFPE
}

func (c *Core) thread(p *place) CoreThread {
	out := CoreThread{TID: p.thread.TID, Code: c.codeAt(p.regs.RIP), Doing: "c"}
	if len(p.handled) > 0 {
		out.Handling, _, _ = strings.Cut(signalText(p.first().signal.Number), ":")
	}
	if p.m != nil {
		out.Number = &p.m.ID
	}
	if p.curg != nil {
		out.Goroutine = int64(p.curg.ID)
	}
	parts := p.parts[min(len(p.handled), len(p.parts)-1):]
	if _, err := c.binary.FuncAt(p.regs.RIP - c.program.Bias); err == nil {
		out.Doing = "runtime"
		if parts[0].where == onGoroutine {
			out.Doing = "go"
		}
	} else {
		out.Registers = registers(p)
	}
	for i := range parts {
		for j := range parts[i].frames {
			if len(out.Stack) < maxThreadStack {
				out.Stack = append(out.Stack, parts[i].frames[j].Func)
			}
		}
	}
	return out
}

func registers(p *place) []CoreRegister {
	r := &p.regs
	var out []CoreRegister
	for _, v := range []struct {
		name  string
		value uint64
	}{
		{"rip", r.RIP},
		{"rsp", r.RSP},
		{"rbp", r.RBP},
		{"rax", r.RAX},
		{"rbx", r.RBX},
		{"rcx", r.RCX},
		{"rdx", r.RDX},
		{"rsi", r.RSI},
		{"rdi", r.RDI},
		{"r8", r.R8},
		{"r9", r.R9},
		{"r10", r.R10},
		{"r11", r.R11},
		{"r12", r.R12},
		{"r13", r.R13},
		{"r14", r.R14},
		{"r15", r.R15},
		{"rflags", r.Flags},
	} {
		out = append(out, CoreRegister{v.name, fmt.Sprintf("%#x", v.value)})
	}
	return out
}

// fillScheduler adds what matters of a scheduler that failed: who was throwing,
// which locks are held, which goroutines wait in which queue.
func (t *taken) fillScheduler(s *Scheduler) {
	ids := make(map[uint64]int64, len(t.gs))
	for i := range t.gs {
		ids[t.gs[i].Addr] = int64(t.gs[i].ID)
	}
	queue := func(gs []uint64) []int64 {
		const most = 256
		var out []int64
		for _, g := range gs[:min(len(gs), most)] {
			out = append(out, ids[g])
		}
		return out
	}
	for i := range s.Threads {
		m, o := &t.rt.Ms[i], &s.Threads[i]
		o.Dying, o.Allocating, o.PreemptOff = m.Dying != 0, m.Mallocing != 0, m.PreemptOff
		switch throw := &t.im.Program.Layout.Throw; m.Throwing {
		case throw.None:
		case throw.User:
			o.Throwing = "user"
		default:
			o.Throwing = "runtime"
		}
	}
	for i := range s.Processors {
		p := &t.rt.Ps[i]
		gs := p.Runq
		if p.RunNext != 0 {
			gs = append([]uint64{p.RunNext}, gs...)
		}
		s.Processors[i].Queue = queue(gs)
	}
	s.Queue = queue(t.rt.Sched.Runq)
	s.Locked = t.rt.Sched.Locked
}
