package outline

import (
	"slices"

	"github.com/backstop-go/backstop/crash"
)

// A Verdict answers "could recover have caught it?".
type Verdict struct {
	Answer string // "Yes", "No", "It did", ...
	Tone   Tone
	Reason string

	// Entry is where a guard would have to stand: the first function of the
	// goroutine; nil when that is not for the program to change.
	Entry *crash.Frame
	// By is the go statement that started the goroutine, nil when not known.
	By *crash.CreatedBy
}

// A Tone says whether an answer is good news.
type Tone string

// The tones; they name colours, and the words say the same.
const (
	Good Tone = "good"
	Bad  Tone = "bad"
	Warn Tone = "warn"
)

// ClassVerdict answers for a class, without an occurrence.
//
// The statements about Go: deferred functions run, and may recover, in
// runtime/panic.go gopanic; throw and fatal in the same file end in fatalthrow,
// which exits without running any; sighandler in runtime/signal_unix.go does
// the same for a signal that is not turned into a panic by sigpanic; os.Exit
// documents that deferred functions are not run.
func ClassVerdict(info crash.Info) Verdict {
	if info.Recoverable == crash.RecoverMaybe && info.Kind != crash.KindFragment {
		return Verdict{Answer: "It depends", Tone: Warn, Reason: "It depends on where it happened. " + info.Explanation}
	}
	if info.Recoverable == crash.RecoverYes && info.Kind == crash.KindFatal {
		return Verdict{Answer: "Yes, before", Tone: Warn, Reason: "It began as a panic: a deferred function of the same goroutine could have recovered it, before its value was printed. From then on nothing can."}
	}
	if info.Recoverable == crash.RecoverYes {
		return Verdict{Answer: "Yes", Tone: Good, Reason: "It is a panic: a deferred function of the same goroutine can recover it. A recover in another goroutine, or one call too deep, does nothing."}
	}
	v := Verdict{Answer: "No", Tone: Bad}
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
		v.Answer, v.Tone = "Nothing to recover", Warn
		v.Reason = "A data race is a report, not a panic. The process goes on with memory that may be wrong."
	case crash.KindHang:
		v.Reason = "Nothing panicked: the process waited. A recover is never asked."
	default:
		v.Answer, v.Tone = "Nobody can tell", Warn
		v.Reason = "The line that says why it happened is missing from the traceback."
	}
	return v
}

// VerdictOf sharpens the answer with what one report shows.
func VerdictOf(info crash.Info, r *crash.Report) Verdict {
	v := ClassVerdict(info)
	if info.Kind != crash.KindPanic {
		return v
	}
	if r.Recovered {
		return Verdict{Answer: "Yes, and one did", Tone: Good, Reason: "Something in the process recovered it, and the process lives on."}
	}
	if info.Recoverable != crash.RecoverYes {
		return v
	}
	if slices.ContainsFunc(r.Panics, func(p crash.Panic) bool { return p.Recovered || p.Repanicked }) {
		v.Tone = Warn
		v.Reason = "A deferred function recovered it and panicked again; nothing above it recovered the second panic."
		return v
	}
	g := r.CrashGoroutine()
	if g == nil {
		return v
	}
	v.Answer, v.Tone = "Yes, but none did", Warn
	v.Reason = "It is a panic, and nothing on this goroutine recovered it; a recover on any other goroutine cannot."
	v.Entry = entryOf(g)
	if v.Entry != nil && g.CreatedBy != nil && g.CreatedBy.File != "" {
		v.By = g.CreatedBy
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
