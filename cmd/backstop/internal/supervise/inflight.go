package supervise

import (
	"cmp"
	"os"
	"strconv"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/inflight"
)

// Variables by which the SDK in the program learns of us.
const (
	envInFlight   = "BACKSTOP_INFLIGHT"   // path of the table of requests
	envSupervisor = "BACKSTOP_SUPERVISOR" // our pid: we see deaths without text
)

// A table is memory that the SDK in the program writes its requests in flight
// to, and that we keep when the program dies. Of any other program it stays
// empty. A nil table does nothing.
type table struct {
	file *os.File
	path string
}

// makeTable makes the table and tells of it in the environment that the program
// will have. One that somebody else has made is left to them, unless that was a
// supervisor of ours: the nearest one sees most.
func (s *supervisor) makeTable() {
	_, given := lookup(s.env, envInFlight)
	_, nested := lookup(s.env, envSupervisor)
	s.env = append(s.env, envSupervisor+"="+strconv.Itoa(os.Getpid()))
	if given && !nested {
		return
	}
	file, path, err := inflight.Create()
	if err != nil {
		s.log.Warn("requests in flight will not be known", "err", err)
		return
	}
	s.env = append(s.env, envInFlight+"="+path)
	s.table = &table{file, path}
}

// close gives the memory back.
func (t *table) close() {
	if t == nil {
		return
	}
	os.Remove(t.path) //nolint:errcheck // it may have no name, and then there is nothing to remove
	t.file.Close()    //nolint:errcheck // nothing is kept of it
}

// clear empties the table for the next process. It does not when one ends: a
// monitor may want to read it as well.
func (t *table) clear() error {
	if t == nil {
		return nil
	}
	return inflight.Reset(t.file)
}

// lastRequests reads what was in flight when the process ended. Requests of a
// process that lives on, a worker of the one that died, were not lost.
func (l *life) lastRequests() (all inflight.Snapshot) {
	t := l.s.table
	if t == nil {
		return all
	}
	all, err := inflight.Read(t.file)
	switch {
	case err != nil:
		l.s.log.Warn("requests in flight", "pid", l.process.PID, "err", err)
	case all.PID != l.process.PID && alive(all.PID):
		return inflight.Snapshot{}
	}
	l.author(&all)
	return all
}

// A writer is the process that uses the SDK, by the table: it need not be the one
// that was started, for there may be a shell between.
type writer struct {
	process event.Process
	names   inflight.Names
}

// whose says whose crash an event tells: that of the process that uses the SDK, if
// there is one. Guard and monitor know it by its own number and by what it calls
// itself, and one crash has to be one event of one service. What we were told it
// is called holds all the same, and what we only guess does not.
func (l *life) whose(e *event.Event) {
	o, w := &l.s.o, &writer{process: l.process}
	if t := l.s.table; t != nil {
		if all, err := inflight.Read(t.file); err == nil {
			l.author(&all)
		}
	}
	if known := l.writer.Load(); known != nil {
		w = known
	}
	told := &l.s.told
	e.Process = w.process
	e.Service = cmp.Or(told.Service, w.names.Service, o.Service)
	e.Release = cmp.Or(told.Release, w.names.Release, o.Release)
	e.Environment = cmp.Or(told.Environment, w.names.Environment, o.Environment)
	e.Instance = cmp.Or(told.Instance, w.names.Instance, o.Instance)
}

// author remembers who wrote the table.
func (l *life) author(all *inflight.Snapshot) {
	if all.PID == 0 || all.PID != l.process.PID && all.Start == 0 {
		return
	}
	w := writer{l.process, all.Names}
	if all.PID != l.process.PID {
		w.process.PID, w.process.Start = all.PID, all.Start
	}
	l.writer.Store(&w)
}
