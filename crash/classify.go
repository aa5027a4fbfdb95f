package crash

import (
	"path"
	"strings"
)

// Classify names the class of a report. Kind and Message decide; where the
// message is missing, or says nothing by itself, the frames above the
// application's do. It works for parsed text and for reports made from a
// recovered value alike, and never returns an empty class.
func Classify(r *Report) Class {
	switch r.Kind {
	case KindRace:
		return "race"
	case KindHang:
		return "hang"
	case KindFragment, "":
		return "fragment"
	case KindExit:
		if r.HasMessage {
			return "exit.log_fatal"
		}
		return "exit.os_exit"
	}
	nothing := r.Kind == KindFatal && !r.HasMessage && throwAt(r.CrashStack()) < 0 && throwAt(r.RuntimeStack) < 0
	if nothing && asleep(r) {
		return "fatal.deadlock"
	}
	if row := decide(r); row != nil {
		return row.class
	}
	switch r.Kind {
	case KindPanic:
		return "panic.custom"
	case KindFatal:
		if nothing {
			return "fatal.unknown"
		}
		return "fatal.runtime"
	case KindKill:
		return "kill.other"
	default:
		return "signal.other"
	}
}

// decide returns the row that gives a report its class, nil when no table has
// one. It looks at one row of a table after the other, never at all of them.
func decide(r *Report) *row {
	switch r.Kind {
	case KindPanic:
		return decidePanic(r)
	case KindFatal:
		return decideFatal(r)
	case KindSignal:
		if r.Signal.InCgo {
			if row := cgoSignals.find(r.Signal.Name); row != nil {
				return row
			}
		}
		return signals.find(r.Signal.Name)
	case KindKill:
		return kills.find(r.Signal.Name)
	}
	return nil
}

// maxHeadline bounds the part of a message that is searched.
const maxHeadline = 1 << 10

// headline is the first line of a message.
func headline(message string) string {
	line, _, _ := strings.Cut(message[:min(len(message), maxHeadline)], "\n")
	return strings.TrimRight(line, " \t")
}

func decidePanic(r *Report) *row {
	if !r.HasMessage {
		return eachCause(r, (*Report).panicFrame)
	}
	line := headline(r.Message)
	row := panicTexts.find(line)
	if row == nil {
		row = findPart(line)
	}
	switch {
	case row == nil:
		return panicCaller(r.CrashStack())
	case row.class == "panic.nil_deref" && r.Signal.fault():
		return &faultPanic
	case row.class == "panic.runtime" && strings.Contains(line, resultOfGo.text):
		return &resultOfGo.row
	}
	return row
}

// findPart finds the panics whose text begins with something variable.
func findPart(line string) *row {
	for i := range panicParts {
		p := &panicParts[i]
		if strings.HasPrefix(line, p.prefix) && strings.Contains(line, p.text) {
			return &p.row
		}
	}
	return nil
}

// panicCaller looks at the function that called panic.
func panicCaller(stack []Frame) *row {
	if i := panicAt(stack) + 1; i < len(stack) {
		return panicCallers.find(functionOf(stack[i].Func))
	}
	return nil
}

func (r *Report) panicFrame(stack []Frame, i, _ int) *row {
	row := panicFuncs.find(functionOf(stack[i].Func))
	if row != nil && row.class == "panic.nil_deref" && r.Signal.fault() {
		return &faultPanic
	}
	return row
}

func decideFatal(r *Report) *row {
	if r.HasMessage {
		line := headline(r.Message)
		if row := fatalTexts.find(line); row != nil {
			return row
		}
		if row := fatalWords.findWord(line); row != nil {
			return row
		}
	}
	if row := eachCause(r, (*Report).fatalFrame); row != nil {
		return row
	}
	// Other packages have doors of their own to the throw.
	for _, stack := range [2][]Frame{r.RuntimeStack, r.CrashStack()} {
		if i := throwAt(stack); i >= 0 && !strings.HasPrefix(stack[i].Func, "runtime.") {
			return fatalFuncs.find(stack[i].Func)
		}
	}
	return nil
}

// fatalFrame looks at one frame below a throw. The first one, which called it,
// counts by the file it stands in, too: a file of the runtime is one part of it.
func (r *Report) fatalFrame(stack []Frame, i, from int) *row {
	fn := functionOf(stack[i].Func)
	if fn == "runtime.sigpanic" {
		return r.faultRow(stack, i)
	}
	if from > 0 && stack[from-1].Func == "runtime.fatal" {
		if row := userFuncs.find(fn); row != nil {
			return row
		}
	}
	if row := fatalFuncs.find(fn); row != nil {
		return row
	}
	if i == from && from > 0 && strings.HasPrefix(fn, "runtime.") {
		return fatalFiles.find(path.Base(strings.ReplaceAll(stack[i].File, `\`, "/")))
	}
	return nil
}

// faultRow tells the two reasons for which runtime.sigpanic throws instead of
// panicking (runtime/signal_unix.go): the goroutine could not panic where it
// was, in the runtime or on its system stack, or it could, and the address is
// none of a nil pointer. Copying and comparing, which the program asks for, are
// done by functions of the runtime.
func (r *Report) faultRow(stack []Frame, i int) *row {
	onSystemStack := len(r.RuntimeStack) > 0 && &stack[0] == &r.RuntimeStack[0]
	nearNil := r.Signal.Addr != "" && !r.Signal.fault() && (r.Signal.Name == "SIGSEGV" || r.Signal.Name == "0xc0000005")
	if onSystemStack || nearNil {
		return &faultInRuntime
	}
	if i+1 < len(stack) && strings.HasPrefix(stack[i+1].Func, "runtime.") && memoryFuncs.find(stack[i+1].Func) == nil {
		return &faultInRuntime
	}
	return &faultFatal
}

// fault reports whether a signal came from an address that is not near nil. The
// runtime panics for those only under debug.SetPanicOnFault, and with the text
// of a nil pointer dereference (runtime/signal_unix.go, sigpanic: addresses
// below 0x1000 are nil). Linux on amd64 does not tell a non-canonical address:
// code 0x80 (SI_KERNEL) and address 0.
func (s *Signal) fault() bool {
	if s.Name == "SIGSEGV" && s.Code == "0x80" {
		return true
	}
	digits := strings.TrimLeft(strings.TrimPrefix(s.Addr, "0x"), "0")
	return len(digits) > len("fff")
}

// maxCauses bounds the frames of a stack that are looked at.
const maxCauses = 24

// eachCause calls look with the frames that say why a stack ended, and returns
// the first row it finds: those between the deepest panic, or the throw, and
// the first application frame, on the runtime's own stack and on the
// goroutine's. from is the index of the first one.
func eachCause(r *Report, look func(r *Report, stack []Frame, i, from int) *row) *row {
	for _, stack := range [2][]Frame{r.RuntimeStack, r.CrashStack()} {
		from := 0
		if r.Kind == KindPanic {
			from = panicAt(stack) + 1
		} else {
			from = throwAt(stack) + 1
		}
		for i := from; i < len(stack) && i < from+maxCauses && !IsApp(stack[i].Func); i++ {
			if row := look(r, stack, i, from); row != nil {
				return row
			}
		}
	}
	return nil
}
