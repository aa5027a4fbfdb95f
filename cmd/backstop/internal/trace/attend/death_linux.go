//go:build amd64

package attend

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A departure is what is known of threads that wait on their way out.
type departure struct {
	since  time.Time // when the first of them stopped
	waits  int       // how many do
	status uint      // of the process, when certain
	// certain says that the process ends, and not only some threads of it.
	certain bool
	over    bool // OnDeath was called
}

// undecided says that some threads wait and it is not known yet whether the others
// will follow.
func (d *departure) undecided() bool { return !d.since.IsZero() && !d.over }

// How long threads wait for the others. They are on their way as soon as the first
// is (kernel/signal.c, zap_other_threads), unless they wait for a disk.
const (
	waitForAll    = 2 * time.Second
	waitForReason = 500 * time.Millisecond
)

// exits takes a thread that is about to end.
func (a *Attended) exits(id int) {
	t, err := registersOf(id)
	code, codeErr := unix.PtraceGetEventMsg(id)
	alone := t.Call == unix.SYS_EXIT && code&0x7f == 0 && len(a.threads) > 1
	if err != nil || codeErr != nil || alone || a.death.over || a.seizing {
		a.letGo(id)
		return
	}
	a.threads[id].leaving = &t
	a.death.waits++
	if a.death.since.IsZero() {
		a.death.since = time.Now()
	}
	// All threads of a process that ends have its status (do_group_exit). Those that
	// make room for another program have 0.
	if code != 0 || t.Call == unix.SYS_EXIT_GROUP || len(a.threads) == 1 {
		a.death.certain = true
		a.death.status = code
	}
	a.decide()
}

// letGo lets a thread go that is about to end: it is not traced any more, so that
// whoever waits for the process hears of its end from the kernel.
func (a *Attended) letGo(id int) {
	request(unix.PTRACE_DETACH, id, 0)
	delete(a.threads, id)
}

// decide finds out whether threads that wait are the end of the process.
func (a *Attended) decide() {
	// To look at all threads for each of a thousand takes seconds.
	if !a.death.undecided() || a.death.waits < len(a.threads) && time.Since(a.looked) < a.look {
		return
	}
	began := time.Now()
	waited := began.Sub(a.death.since)
	defer func() {
		a.looked = time.Now()
		a.look = min(max(time.Millisecond, 4*a.looked.Sub(began)), 100*time.Millisecond)
	}()
	var rest []int
	for id, t := range a.threads {
		switch {
		case t.leaving != nil:
		case a.has(id):
			rest = append(rest, id)
		default:
			// Killed while it was stopped for something else, it does not stop again
			// (kernel/signal.c, ptrace_stop). Of the first thread of a process that
			// is told only when all others are gone.
			delete(a.threads, id)
		}
	}
	switch {
	case len(rest) == 0, a.death.certain && waited > waitForAll:
		a.dies(len(rest) == 0)
	case a.death.certain:
	case slices.ContainsFunc(rest, a.executes), waited > waitForReason:
		// They make room for another program.
		a.release()
		a.death = departure{}
	}
}

// executes reports whether a thread is in execve: it waits for the others to be
// gone.
func (a *Attended) executes(id int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", a.pid, id))
	if err != nil {
		return false
	}
	number, _, _ := strings.Cut(string(text), " ")
	return number == fmt.Sprint(unix.SYS_EXECVE) || number == fmt.Sprint(unix.SYS_EXECVEAT)
}

// release lets all threads go that wait.
func (a *Attended) release() {
	for id, t := range a.threads {
		if t.leaving != nil {
			a.letGo(id)
		}
	}
}

// dies tells of the end of the process.
func (a *Attended) dies(whole bool) {
	a.death.over = true
	if a.options.OnDeath != nil {
		d := &Death{Status: int(a.death.status), Whole: whole, At: a.death.since}
		if d.At.IsZero() {
			d.At = time.Now()
		}
		for _, t := range a.threads {
			if t.leaving != nil {
				d.Threads = append(d.Threads, *t.leaving)
			}
		}
		slices.SortFunc(d.Threads, func(x, y Thread) int {
			if (x.Call == unix.SYS_EXIT_GROUP) != (y.Call == unix.SYS_EXIT_GROUP) {
				if x.Call == unix.SYS_EXIT_GROUP {
					return -1
				}
				return 1
			}
			return x.ID - y.ID
		})
		a.options.OnDeath(d)
	}
	a.release()
}
