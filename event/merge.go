package event

import "time"

// SameWithin is how far apart two observations of one crash may be.
const SameWithin = 10 * time.Second

// Same reports whether two events are two observations of one occurrence: the
// same event delivered twice, or the same process, goroutine and stack within
// SameWithin. An observation that has only the way the process ended, and
// neither goroutine nor stack, belongs to the crash that ended the process.
func Same(a, b *Event) bool {
	if a.ID == b.ID {
		return true
	}
	if a.Process.PID == 0 || a.Process != b.Process && !sameProcess(a.Process, b.Process) {
		return false
	}
	if d := a.OccurredAt.Sub(b.OccurredAt); d > SameWithin || d < -SameWithin {
		return false
	}
	if a.stackless() || b.stackless() {
		return a.terminal() && b.terminal()
	}
	return a.GoroutineID == b.GoroutineID && a.StackHash == b.StackHash
}

func sameProcess(a, b Process) bool {
	return a.BootID == b.BootID && a.PID == b.PID && a.Start == b.Start
}

// stackless events know how a process ended and nothing about where.
func (e *Event) stackless() bool { return e.GoroutineID == 0 && e.StackHash == "" }

// terminal events ended their process.
func (e *Event) terminal() bool {
	return e.Exit != nil || e.Report != nil && !e.Report.Recovered && !e.Saw(Guard)
}

// Merge joins a later observation into an earlier one and returns the best of
// both: identity and time of the first, and each fact from whoever knew it.
func Merge(first, second Event) Event {
	m := first
	for _, o := range second.Observers {
		if !m.Saw(o) {
			m.Observers = append(m.Observers[:len(m.Observers):len(m.Observers)], o)
		}
	}
	if richer(&second, &first) {
		m.Report, m.Class, m.StackHash, m.Text = second.Report, second.Class, second.StackHash, second.Text
		m.GoroutineID = second.GoroutineID
	}
	if m.Message == nil {
		m.Message = second.Message
	}
	if m.Request == nil {
		m.Request = second.Request
	}
	if m.Exit == nil {
		m.Exit = second.Exit
	}
	if m.PanicValue == "" {
		m.PanicValue = second.PanicValue
	}
	if m.Build == (Build{}) {
		m.Build = second.Build
	}
	m.Dropped += second.Dropped
	return m
}

// richer reports whether a's report tells more than b's: a crash beats an exit
// status, a headline beats none, and more goroutines beat fewer.
func richer(a, b *Event) bool {
	if b.Report == nil || a.Report == nil {
		return a.Report != nil
	}
	if a.stackless() != b.stackless() {
		return b.stackless()
	}
	if a.Report.HasMessage != b.Report.HasMessage {
		return a.Report.HasMessage
	}
	return len(a.Report.Goroutines) > len(b.Report.Goroutines)
}
