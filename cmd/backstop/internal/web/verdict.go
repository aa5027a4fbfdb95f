package web

import (
	"fmt"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
)

// verdictFor sharpens the answer of a report with what one event shows.
func verdictFor(info crash.Info, e *event.Event) outline.Verdict {
	if e.Report == nil {
		return outline.ClassVerdict(info)
	}
	v := outline.VerdictOf(info, e.Report)
	if info.Kind != crash.KindPanic || !e.Saw(event.Guard) {
		return v
	}
	switch {
	case e.Report.Recovered:
		v.Reason = "A guard recovered it, and the process lives on."
	case info.Recoverable == crash.RecoverYes:
		v = outline.ClassVerdict(info)
		v.Tone = outline.Warn
		v.Reason = "A guard did catch it, and raised it again, as it was told to: nothing above it recovered."
	}
	return v
}

// fate says what became of the process.
func fate(e *event.Event) string {
	switch {
	case e.Exit != nil && e.Exit.OOM:
		return "The process is dead: the kernel's OOM killer ended it."
	case e.Exit != nil && e.Exit.Signal != "":
		by := killerText(e.Exit.By)
		if by != "" {
			by = ", sent by " + by
		}
		return "The process is dead: ended by " + htmlview.Plain(40, e.Exit.Signal) + by + "."
	case e.Exit != nil:
		return fmt.Sprintf("The process is dead: it ended with status %d.", e.Exit.Status)
	case e.Report != nil && e.Report.Recovered:
		return "The process lives: the panic was recovered."
	case e.Report != nil && e.Report.Kind == crash.KindRace:
		return "The process went on."
	default:
		return "How the process ended was not seen."
	}
}

// A witness is an observer and what it can know.
type witness struct {
	Name event.Observer
	Text string
}

func witnesses(e *event.Event) []witness {
	var out []witness
	for i, o := range e.Observers {
		if i == 8 {
			break
		}
		w := witness{Name: event.Observer(htmlview.Plain(40, string(o)))}
		switch o {
		case event.Guard:
			w.Text = "a deferred recover inside the process: knows the request and the panic value, sees panics only"
		case event.Monitor:
			w.Text = "the child process that reads the runtime's last words: sees every traceback, fatal errors included"
		case event.Supervisor:
			w.Text = "backstop run, the parent: sees how the process ended, even when it said nothing"
		case event.Trace:
			w.Text = "backstop trace, in the kernel: sees each panic and who recovered it, and who killed a process, without a change to the program"
		case event.Core:
			w.Text = "backstop core, from the core file that was left: sees all of the process as it was when it ended"
		case event.Log:
			w.Text = "found in the container's logs"
		default:
			w.Text = "an observer this version does not know"
		}
		out = append(out, w)
	}
	return out
}
