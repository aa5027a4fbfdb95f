package trace

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// A process is one run of a program, between two records that say that it is
// another one.
type process struct {
	pid   uint32
	exe   uint32
	facts host.Process
	comm  string // of the newest record
	since time.Duration
	last  time.Duration // time of the newest record

	target *Target // nil when the executable is not known

	causes   []*Event // what it dies of
	causedAt time.Duration
	stopped  bool // waits for whoever took it from OnStopped
	signals  []*bpf.Record
	oom      *bpf.Record
	exit     *bpf.Record
}

// process returns the process of a record, nil for one that is nobody's.
func (en *Engine) process(r *bpf.Record) *process {
	if r.PID == 0 {
		en.strange++
		return nil
	}
	p := en.processes[r.PID]
	if p != nil && p.succeeded(r) {
		// The number is somebody else's now.
		if p.exit == nil {
			en.vanish(p)
		}
		p = nil
	}
	if p == nil {
		if len(en.processes) >= maxProcesses {
			en.forget()
		}
		p = &process{pid: r.PID, facts: en.o.Process(r.PID), since: r.Time}
		en.processes[r.PID] = p
	}
	p.last = max(p.last, r.Time)
	if r.Exe != 0 && p.exe != r.Exe {
		p.exe, p.target = r.Exe, en.o.Target(r.Exe)
	}
	if r.Comm != "" && (r.TID == r.PID || p.comm == "") {
		p.comm = r.Comm
	}
	return p
}

// knows reports whether a process was heard of.
func (en *Engine) knows(pid uint32) bool { return en.processes[pid] != nil }

// succeeded reports whether a record is of a later process with the number: one
// that began after the end of this one, or that runs another executable without
// having been started in its place.
func (p *process) succeeded(r *bpf.Record) bool {
	if p.exit != nil {
		return r.Time > p.exit.Time
	}
	return r.Exe != 0 && p.exe != 0 && r.Exe != p.exe && r.Time > p.last
}

// vanish tells what is known of a process whose end was not seen.
func (en *Engine) vanish(p *process) {
	en.tellCauses(p, nil)
	en.tellFlights(p)
	if en.processes[p.pid] == p {
		delete(en.processes, p.pid)
	}
}

// forget makes room: it lets go of the half of the processes that have been
// silent for longest. It is needed when ends of processes are not seen.
func (en *Engine) forget() {
	all := slices.SortedFunc(maps.Values(en.processes), func(a, b *process) int { return cmp.Compare(a.last, b.last) })
	for _, p := range all[:len(all)/2] {
		if p.exit == nil {
			en.vanish(p)
		}
	}
}

// replaced starts a process anew: it has a new program. What came before the
// record is of the old one.
func (en *Engine) replaced(p *process, r *bpf.Record) {
	if p.since >= r.Time || p.last > r.Time {
		return // the first that is heard of it, or late news
	}
	en.vanish(p)
	fresh := en.process(r)
	fresh.signals, fresh.oom = p.signals, p.oom // exec keeps the number, and who is after it
}
