package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
)

// A Question has an answer that was measured.
type Question struct {
	N      int      `json:"n"`
	Ask    string   `json:"ask"`
	Look   string   `json:"look"` // where the answer is: "section 3"
	Answer string   `json:"answer,omitempty"`
	accept []string // other ways to say it
}

const maxQuestions = 5

// Right reports whether a text answers the question. Case, spaces, quotes and
// empty parentheses do not matter, and neither does the package runtime.
func (q *Question) Right(text string) bool {
	text = plainAnswer(text)
	return slices.ContainsFunc(append(slices.Clone(q.accept), q.Answer), func(a string) bool {
		return plainAnswer(a) == text
	})
}

func plainAnswer(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	s = strings.Trim(s, "\"'`.[]")
	s = strings.TrimSuffix(s, "()")
	return strings.TrimPrefix(s, "runtime.")
}

// ParseAnswer divides "2=yes".
func ParseAnswer(s string) (n int, text string, err error) {
	number, text, ok := strings.Cut(s, "=")
	if n, err = strconv.Atoi(strings.TrimSpace(number)); !ok || err != nil {
		return 0, "", fmt.Errorf("%q is no answer: want N=TEXT, as in 1=2", s)
	}
	return n, text, nil
}

// HideAnswers leaves the answers out of what is written.
func (e *Explanation) HideAnswers() {
	for i := range e.Questions {
		e.Questions[i].Answer = ""
	}
}

// questions asks about what was measured, the most telling first.
func (m *maker) questions() {
	r := m.e.Row
	ask := func(look, question, answer string, accept ...string) {
		if len(look) == 1 {
			look = "section " + look
		}
		if answer != "" && len(m.e.Questions) < maxQuestions {
			m.e.Questions = append(m.e.Questions, Question{N: len(m.e.Questions) + 1, Ask: question, Look: look, Answer: answer, accept: accept})
		}
	}
	if r.Signal != nil {
		ask("2", "Which signal ended the process?", *r.Signal, strings.TrimPrefix(*r.Signal, "SIG"))
	} else {
		ask("2", "With which status does the process exit? (a number, or hang, or stopped)", string(r.Exit))
	}
	if r.Recovered != nil {
		ask("2", fmt.Sprintf("Does a deferred recover in the goroutine that runs the scenario stop it on Go 1.%d? (yes or no)", m.e.minor), yesNo(*r.Recovered), short(*r.Recovered), fmt.Sprint(*r.Recovered))
	}
	if q := elsewhere(r, baselines(m.e.Scenario)); q != nil {
		ask(q.Look, q.Ask, q.Answer, q.accept...)
	}
	if who, whom := m.raiser(); who != "" {
		ask("3", fmt.Sprintf("Which function called %s?", whom), who, who[strings.LastIndexByte(who, '.')+1:])
	}
	if fn, how := m.deferKind(); fn != "" {
		ask("4", fmt.Sprintf("How is the defer in %s compiled? (open-coded, stack or heap)", shortFunc(fn)), how, strings.TrimSuffix(how, "-coded"), how+" record")
	}
	if len(r.Missing) > 0 {
		ask("2", "Which line of the traceback comes first among those that debug.SetCrashOutput does not get?", r.Missing[0])
	} else if r.CrashOutput == "trace" {
		ask("2", "Does debug.SetCrashOutput get every line of the traceback? (yes or no)", "yes", "y", "true")
	}
	if r.Recovered != nil || r.Signal != nil {
		ask("2", "Did a deferred call of the goroutine that called the scenario run before the end? (yes or no)", yesNo(r.Deferred), short(r.Deferred), fmt.Sprint(r.Deferred))
	}
	if m.report != nil {
		if g := m.report.CrashGoroutine(); g != nil && g.State != "" {
			ask("5", fmt.Sprintf("Which state does the header of goroutine %d give in brackets?", g.ID), g.State)
		}
	}
	if m.e.NoPath == "" && len(m.e.Path) > 0 {
		last := m.e.Path[len(m.e.Path)-1]
		if last.Func == "runtime.exit" || last.Func == "runtime.raise" {
			ask("3", "Which function of the runtime comes last?", last.Func)
		}
	}
	m.askMore(ask)
}

// baselines are the rows of a scenario that the lab keeps of other releases.
func baselines(name string) []labrun.Row {
	names, err := labrun.Select("")
	if err != nil {
		return nil
	}
	var all []labrun.Row
	for _, n := range names {
		rows, _, err := labrun.Baseline(n)
		if err != nil {
			continue // none is kept of it
		}
		for _, r := range rows {
			if r.Scenario == name && r.NotRun == "" && r.GoLine == labrun.DefaultGoLine && r.Env == "" {
				all = append(all, r)
			}
		}
	}
	return all
}

// elsewhere asks about the first release on which a guard, or the end, is another
// one; nil when they agree, as far as is known.
func elsewhere(here *labrun.Row, others []labrun.Row) *Question {
	for i := range others {
		r := &others[i]
		switch {
		case r.Toolchain == here.Toolchain:
		case r.Recovered != nil && here.Recovered != nil && *r.Recovered != *here.Recovered:
			return &Question{
				Ask:  fmt.Sprintf("And on %s, as the lab has measured it: does that recover stop it there? (yes or no)", r.Toolchain),
				Look: otherRun(r), Answer: yesNo(*r.Recovered), accept: []string{short(*r.Recovered)},
			}
		case r.Exit != here.Exit && r.Exit != "":
			return &Question{
				Ask:  fmt.Sprintf("And on %s, as the lab has measured it: which status is it there? (a number, or hang, or stopped)", r.Toolchain),
				Look: otherRun(r), Answer: string(r.Exit),
			}
		}
	}
	return nil
}

func otherRun(r *labrun.Row) string {
	return fmt.Sprintf("backstop lab run -go %s %s", r.Toolchain, r.Scenario)
}

// askMore has what can be asked of scenarios that nobody sees die.
func (m *maker) askMore(ask func(look, question, answer string, accept ...string)) {
	if len(m.e.Questions) >= 3 {
		return
	}
	ask("2", "Does a supervisor that reads standard error see a traceback? (yes or no)", yesNo(m.e.Row.StderrTraceback), short(m.e.Row.StderrTraceback))
	if len(m.e.Questions) < 3 {
		ask("2", "As which class is it counted?", m.e.Row.ClassifiedAs)
	}
	if len(m.e.Questions) < 3 {
		ask("2", "Had the scenario's function returned at the end? (yes or no)", yesNo(m.e.Row.Returned), short(m.e.Row.Returned))
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func short(b bool) string { return yesNo(b)[:1] }

// raiser is who called gopanic, throw or fatal first, as the traceback shows it.
func (m *maker) raiser() (who, whom string) {
	var before *Step
	for i := range m.e.Path {
		s := &m.e.Path[i]
		if !s.Seen {
			continue
		}
		switch s.Func {
		case "runtime.gopanic", "runtime.throw", "runtime.fatal":
			if before != nil {
				return before.Func, s.Func
			}
		}
		before = s
	}
	if s := m.onPath("runtime.fatal"); s != nil && s.Caller != "" && m.report != nil && m.report.Kind == crash.KindFatal {
		return s.Caller, s.Func
	}
	return "", ""
}

// deferKind is how the first defer on the way is compiled; of the scenario, else
// of the lab's guard.
func (m *maker) deferKind() (fn, how string) {
	for i := range m.e.Routines {
		r := &m.e.Routines[i]
		if m.bodyOf(r).defers == 0 {
			continue
		}
		switch {
		case r.calls["runtime.deferproc"] > 0:
			return r.Func, "heap"
		case r.calls["runtime.deferprocStack"] > 0:
			return r.Func, "stack"
		case r.calls["runtime.deferreturn"] > 0 && r.calls["runtime.deferprocat"] == 0:
			return r.Func, "open-coded"
		}
	}
	return "", ""
}
