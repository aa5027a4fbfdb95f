package trace

import (
	"errors"
	"fmt"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

// attach puts probes on the executable of a process, unless they are there.
func (l *live) attach(t *host.Target) {
	key := attachKey{exe: t.Executable}
	if s := &l.o.Host.Selection; len(s.PIDs) > 0 && len(s.Exes) == 0 || len(s.Cgroups) > 0 {
		key.pid = t.PID // others that run it are not asked for, and not to be counted
	}
	a := l.attached[key]
	if a == nil {
		a = &attached{key: key}
		l.attached[key] = a
		told := Attachment{At: time.Now(), Exe: t.Executable.Display, GoVersion: t.Executable.Binary.GoVersion(), PID: t.PID}
		if a.exe, a.err = l.probe(key, &told); a.err != nil {
			told.Reason = a.err.Error()
			var h Hinted
			if errors.As(a.err, &h) {
				told.Hint = h.Hint()
			}
		}
		told.Attached = a.err == nil
		l.o.OnTarget(told)
	}
	if a.err == nil {
		l.running[t.PID] = key
		a.pids++
	}
}

// probe reads an executable and puts probes on it.
func (l *live) probe(key attachKey, told *Attachment) (uint32, error) {
	began := time.Now()
	binary := key.exe.Binary
	where, err := goproc.LayoutOf(binary)
	if err != nil {
		return 0, explain(fmt.Errorf("%s: %w", key.exe.Display, err))
	}
	sites, err := probe.Find(binary, where)
	if err != nil {
		return 0, explain(fmt.Errorf("%s: %w", key.exe.Display, err))
	}
	told.Index = time.Since(began)
	target := sites.Target(key.exe.Path())
	target.PID = key.pid
	target.Freeze, target.NoStacks = l.o.Freeze != "", l.o.NoStacks
	began = time.Now()
	exe, err := l.tracer.Attach(target)
	if err != nil {
		return 0, rights.Explain(fmt.Errorf("%s: %w", key.exe.Display, err), rights.BPF, rights.Perfmon)
	}
	told.Attach, told.Probes = time.Since(began), len(sites.Sites)
	told.Absent = sites.Absent
	l.targets[exe] = NewTarget(key.exe.Display, binary, where)
	l.summary.Targets++
	return exe, nil
}

// sweep takes probes away that have long had nobody to hit.
func (l *live) sweep(now time.Time) {
	for key, a := range l.attached {
		if a.err != nil || a.pids > 0 || a.since.IsZero() || now.Sub(a.since) < keep {
			continue
		}
		if err := l.tracer.Detach(a.exe); err != nil {
			l.o.OnNotice(err.Error())
		}
		delete(l.attached, key)
		delete(l.targets, a.exe)
	}
}
