//go:build unix && !aix && go1.23

package monitor

import (
	"strings"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/internal/inflight"
	"github.com/backstop-go/backstop/internal/redact"
)

// endingTime is for how long the kernel is asked how the program ended, which may
// still be on its way out. When it is gone, a tenth has to do.
const endingTime = 500 * time.Millisecond

// ending says how the program ended, nil when nobody knows, and whether it lives
// on: after Close, or as another program.
func (k *keeper) ending() (exit *event.Exit, alive bool) {
	if k.stopped() {
		return nil, true
	}
	var status syscall.WaitStatus
	known := false
	for pause, waited := time.Millisecond, time.Duration(0); !known; pause *= 2 {
		status, known, alive = look(k.pidfd, k.config.Event.Process)
		if !known && (alive && executes(k.config.Event.Process.PID) || waited > endingTime || !alive && waited > endingTime/10) {
			return nil, alive
		}
		if !known {
			time.Sleep(pause)
			waited += pause
		}
	}
	exit = &event.Exit{Status: status.ExitStatus()}
	if status.Signaled() {
		exit.Status, exit.Signal = -1, signalName(status.Signal())
		if status.Signal() == syscall.SIGKILL && k.oom.Rose() {
			exit.OOM, exit.By = true, event.ByOOMKiller
		}
	}
	return exit, false
}

// stopped waits for the end of the nudge pipe, which ends with the program as
// the crash pipe does, and reports whether the parent let us go. Only the crash
// pipe ends when the program gives its crash output to somebody else; then the
// wait is for the program's end.
func (k *keeper) stopped() bool {
	select {
	case stopped := <-k.over:
		return stopped
	case <-k.ended:
		select {
		case stopped := <-k.over:
			return stopped
		case <-time.After(quiet): // somebody else holds the other end
			return false
		}
	}
}

// mask is what may be sent of a part of a crash that the program wrote.
func (c *Config) mask(part string) string {
	if !c.SendValues {
		part = redact.Text(part)
	}
	if c.Redact == nil {
		return part
	}
	// The program's rule is for the text of a value: what the runtime writes
	// before it has to stay, or nobody would know the crash for one.
	const before = "panic: "
	value, found := strings.CutPrefix(part, before)
	out := redact.Call(c.Redact, value)
	if found {
		out = before + out
	}
	return out
}

// death makes an event of the program's end, none when there is nothing to tell:
// the program ended well, or lives on, or its supervisor will tell.
//
// The text is not read here: the collector does, so that programs need not carry
// a parser, and an old program profits from a new one.
func (k *keeper) death(text *clipping, at time.Time) (*event.Evidence, error) {
	c := k.config
	e := &c.Event
	e.ID, e.OccurredAt, e.Observers, e.TextCut = event.NewID(), at.UTC(), []event.Observer{event.Monitor}, text.cut
	exit, alive := k.ending()
	e.Exit = exit
	if len(text.text) > 0 {
		if exit != nil {
			// The runtime has printed everything when it ends the process
			// itself (runtime/panic.go, fatalpanic and dopanic_m).
			aborted := exit.Signal == "SIGABRT" // GOTRACEBACK=crash
			if aborted {
				exit.By = event.BySelf
			}
			e.TextCut = e.TextCut || exit.Status != 2 && !aborted
		}
		e.Memory = c.evidence(text.text)
		err := e.SetText(redact.CrashWith(text.text, c.mask))
		k.addInFlight(e)
		return e, err
	}
	if alive || c.Supervisor != 0 && syscall.Kill(c.Supervisor, 0) != syscall.ESRCH { //nolint:errorlint // an errno
		return nil, nil
	}
	k.addInFlight(e)
	message := "ended, nobody knows how"
	e.Class, e.Message = "exit.unknown", &message
	switch {
	case exit != nil:
		e.Class, message = host.Death(exit)
	case k.oom.Rose():
		message += "; the OOM killer struck meanwhile"
	case e.InFlightCount == 0:
		e.Class = ""
	}
	if e.Class == "" {
		return nil, nil
	}
	return e, nil
}

// addInFlight adds which requests were being served.
func (k *keeper) addInFlight(e *event.Evidence) {
	if k.table == nil {
		return
	}
	// The whole event must stay below event.MaxEncoded, in base64.
	limit := min(256<<10, 700<<10-len(e.TextGzip))
	var err error
	if e.TableGzip, e.InFlightCount, err = inflight.Dump(k.table, limit); err != nil {
		complain(err)
	}
}
