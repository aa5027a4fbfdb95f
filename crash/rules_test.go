package crash

import (
	"strings"
	"testing"
)

// example builds the simplest report a rule is there for.
func (u *rule) exampleReport() *Report {
	r := &Report{Kind: u.kind, Crash: -1}
	r.Signal = Signal{Name: u.signal, InCgo: u.inCgo}
	if u.fault {
		r.Signal.Addr = "0x123456000"
	}
	switch {
	case u.exact != "":
		r.Message = u.exact
	case u.prefix+u.contains != "":
		r.Message = u.prefix + u.contains
	}
	r.HasMessage = r.Message != ""
	if u.frame == "" {
		return r
	}
	stack := []Frame{{Func: "panic"}, {Func: u.frame}}
	if u.kind == KindFatal {
		stack[0].Func = "runtime.throw"
	}
	if u.caller != "" {
		stack = append(stack, Frame{Func: u.caller + "f"})
	}
	stack = append(stack, Frame{Func: "main.f"})
	r.Goroutines = []Goroutine{{ID: 7, State: "running", Frames: stack}}
	r.Crash = 0
	return r
}

// Every rule must be the first to match its own example: one that is not can
// never decide anything.
func TestNoRuleIsShadowed(t *testing.T) {
	for i := range rules {
		u := &rules[i]
		if got := matchRule(u.exampleReport()); got != i {
			t.Errorf("rule %d (%+v) is shadowed: rule %d matches its example", i, *u, got)
		}
	}
}

func TestRulesAndClassesAgree(t *testing.T) {
	made := make(map[Class]bool)
	for i := range rules {
		made[rules[i].class] = true
		if got := kindOf(rules[i].class); got != rules[i].kind {
			t.Errorf("rule %d gives class %s to a %s", i, rules[i].class, rules[i].kind)
		}
		if _, ok := lookup(rules[i].class); !ok {
			t.Errorf("rule %d: class %s is not in the table", i, rules[i].class)
		}
	}
	// Classes that no rule gives, and who does.
	for _, c := range []Class{
		"panic.custom", "fatal.runtime", "fatal.unknown", "signal.other", "kill.other", // Classify, when no rule matches
		"exit.os_exit", "exit.log_fatal", "race", "hang", "fragment", // Classify, by kind
		"kill.oom", // the supervisor, from the kernel's counters
	} {
		made[c] = true
	}
	for _, info := range Classes() {
		if !made[info.Class] {
			t.Errorf("class %s is in the table, and nothing gives it", info.Class)
		}
	}
}

func TestClassTableIsComplete(t *testing.T) {
	for _, info := range Classes() {
		switch {
		case info.Title == "", info.Explanation == "", info.FirstCheck == "", len(info.Causes) == 0:
			t.Errorf("class %s: something is missing: %+v", info.Class, info)
		case strings.HasSuffix(info.Title, "."), !strings.HasSuffix(info.Explanation, "."):
			t.Errorf("class %s: a title has no dot, an explanation has one", info.Class)
		case info.Kind != kindOf(info.Class):
			t.Errorf("class %s has kind %s", info.Class, info.Kind)
		}
	}
}

func TestExplainUnknownClass(t *testing.T) {
	for class, want := range map[Class]struct {
		kind        Kind
		recoverable Recoverable
	}{
		"panic.from_the_future":  {KindPanic, RecoverYes},
		"fatal.from_the_future":  {KindFatal, RecoverNo},
		"signal.from_the_future": {KindSignal, RecoverNo},
		"kill.sigfoo":            {KindKill, RecoverNo},
		"nonsense":               {KindFragment, RecoverMaybe},
	} {
		info := Explain(class)
		if info.Class != class || info.Kind != want.kind || info.Recoverable != want.recoverable || info.Title == "" {
			t.Errorf("Explain(%q) = %+v, want kind %s, recoverable %s", class, info, want.kind, want.recoverable)
		}
	}
}
