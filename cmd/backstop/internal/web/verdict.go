package web

import (
	"fmt"
	"slices"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// A verdict answers "could recover have caught it?".
type verdict struct {
	Answer string // "Yes", "No", "It did", ...
	Tone   string // good, bad or warn
	Reason string
	Advice string // what to do about it; may be empty
	// Entry is where a guard would have to stand: the first function of the
	// goroutine. It is crash text.
	Entry string
	At    string
}

// classVerdict answers for a class, without an event.
//
// The statements about Go: deferred functions run, and may recover, in
// runtime/panic.go gopanic; throw and fatal in the same file end in fatalthrow,
// which exits without running any; sighandler in runtime/signal_unix.go does
// the same for a signal that is not turned into a panic by sigpanic; os.Exit
// documents that deferred functions are not run.
func classVerdict(info crash.Info) verdict {
	if info.Recoverable == crash.RecoverMaybe && info.Kind != crash.KindFragment {
		return verdict{Answer: "It depends", Tone: "warn", Reason: "It depends on where it happened. " + info.Explanation}
	}
	if info.Recoverable == crash.RecoverYes {
		return verdict{Answer: "Yes", Tone: "good", Reason: "It is a panic: a deferred function of the same goroutine can recover it. A recover in another goroutine, or one call too deep, does nothing."}
	}
	v := verdict{Answer: "No", Tone: "bad"}
	switch info.Kind {
	case crash.KindPanic:
		v.Reason = "It ends in a panic that no deferred function of the program gets to see."
	case crash.KindFatal:
		v.Reason = "The runtime ends the process itself and runs no deferred functions, so no recover is ever asked. It has to be prevented."
	case crash.KindSignal:
		v.Reason = "Go does not turn this signal into a panic: it prints a traceback and ends the process without running deferred functions."
	case crash.KindKill:
		v.Reason = "The process ended before any of its own code could run again. Only a supervisor or the kernel can tell."
	case crash.KindExit:
		v.Reason = "Nothing panicked. The program ended itself, and an exit does not run deferred functions."
	case crash.KindRace:
		v.Answer, v.Tone = "Nothing to recover", "warn"
		v.Reason = "A data race is a report, not a panic. The process goes on with memory that may be wrong."
	case crash.KindHang:
		v.Reason = "Nothing panicked: the process waited. A recover is never asked."
	default:
		v.Answer, v.Tone = "Nobody can tell", "warn"
		v.Reason = "The line that says why it happened is missing from the traceback."
	}
	return v
}

// verdictFor sharpens the answer with what one event shows.
func verdictFor(info crash.Info, e *event.Event) verdict {
	v := classVerdict(info)
	if e == nil || e.Report == nil || info.Kind != crash.KindPanic {
		return v
	}
	if e.Report.Recovered {
		who := "Something in the process recovered it, and the process lives on."
		if e.Saw(event.Guard) {
			who = "A guard recovered it, and the process lives on."
		}
		return verdict{Answer: "Yes, and one did", Tone: "good", Reason: who}
	}
	if info.Recoverable != crash.RecoverYes {
		return v
	}
	if e.Saw(event.Guard) {
		v.Tone = "warn"
		v.Reason = "A guard did catch it, and raised it again, as it was told to: nothing above it recovered."
		return v
	}
	if slices.ContainsFunc(e.Report.Panics, func(p crash.Panic) bool { return p.Recovered || p.Repanicked }) {
		v.Tone = "warn"
		v.Reason = "A deferred function recovered it and panicked again; nothing above it recovered the second panic."
		return v
	}
	g := e.Report.CrashGoroutine()
	if g == nil {
		return v
	}
	v.Answer, v.Tone = "Yes, but none did", "warn"
	v.Reason = "It is a panic, and nothing on this goroutine recovered it; a recover on any other goroutine cannot."
	if entry := entryOf(g); entry != nil {
		v.Advice = "A guard belongs at the top of"
		v.Entry = entry.Func
		if g.CreatedBy != nil && g.CreatedBy.File != "" {
			v.At = fmt.Sprintf("%s:%d", splitFile(g.CreatedBy.File).Base, g.CreatedBy.Line)
		}
	}
	return v
}

// entryOf returns the function a goroutine was started with, when it is one
// that people can put a guard into.
func entryOf(g *crash.Goroutine) *crash.Frame {
	for i := len(g.Frames) - 1; i >= 0; i-- {
		f := &g.Frames[i]
		switch f.Func {
		case "runtime.goexit", "runtime.main":
			continue
		}
		if !crash.IsApp(f.Func) {
			return nil // started by the standard library: net/http, testing
		}
		return f
	}
	return nil
}

// fate says what became of the process.
func fate(e *event.Event) string {
	switch {
	case e.Exit != nil && e.Exit.OOM:
		return "The process is dead: the kernel's OOM killer ended it."
	case e.Exit != nil && e.Exit.Signal != "":
		return "The process is dead: ended by " + plain(40, e.Exit.Signal) + "."
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
		w := witness{Name: event.Observer(plain(40, string(o)))}
		switch o {
		case event.Guard:
			w.Text = "a deferred recover inside the process: knows the request and the panic value, sees panics only"
		case event.Monitor:
			w.Text = "the child process that reads the runtime's last words: sees every traceback, fatal errors included"
		case event.Supervisor:
			w.Text = "backstop run, the parent: sees how the process ended, even when it said nothing"
		case event.Log:
			w.Text = "found in the container's logs"
		default:
			w.Text = "an observer this version does not know"
		}
		out = append(out, w)
	}
	return out
}
