package supervise

import (
	"os"
	"strconv"

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

// lastRequests reads what was in flight when a process ended, and empties the table for
// the next one. Requests of a process that lives on, a worker of the one that
// died, were not lost.
func (s *supervisor) lastRequests(pid int) (all inflight.Snapshot) {
	if s.table == nil {
		return all
	}
	all, err := inflight.Read(s.table.file)
	if err == nil && all.PID != pid && alive(all.PID) {
		return inflight.Snapshot{}
	}
	if err == nil && all.PID != 0 {
		err = inflight.Reset(s.table.file)
	}
	if err != nil {
		s.log.Warn("requests in flight", "pid", pid, "err", err)
	}
	return all
}
