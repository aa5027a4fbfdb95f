package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/rule"
	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

type classPage struct {
	Info    crash.Info
	Lesson  string
	Verdict outline.Verdict
	Issues  []store.Issue
	Rules   []*rule.Rule
	All     string // every issue of the class
}

func (a *app) classes(w http.ResponseWriter, _ *http.Request) error {
	return a.render(w, http.StatusOK, "page_classes.html", view{Title: "Classes of crashes", Section: "classes", Data: catalogue()})
}

func (a *app) class(w http.ResponseWriter, r *http.Request) error {
	asked := crash.Class(r.PathValue("class"))
	issues, err := a.store.Issues(r.Context(), store.IssueFilter{Class: string(asked), Limit: newestIssues})
	if err != nil {
		return err
	}
	info, known := lookUp(asked)
	if !known && len(issues) == 0 {
		return store.ErrNotFound
	}
	return a.render(w, http.StatusOK, "page_class.html", view{Title: string(info.Class), Section: "classes", Data: classPage{
		Info: info, Lesson: lesson(info), Verdict: outline.ClassVerdict(info), Issues: issues, Rules: rulesFor(info),
		All: withQuery("/issues", url.Values{"class": {string(info.Class)}}),
	}})
}

// lookUp explains a class and says whether it is in the catalogue; classes of a
// newer sender are not.
func lookUp(c crash.Class) (crash.Info, bool) {
	known := slices.ContainsFunc(crash.Classes(), func(info crash.Info) bool { return info.Class == c })
	return explain(c), known
}

// explain is crash.Explain with nothing left empty, so that pages can show the
// class of an event that a newer Backstop sent.
func explain(c crash.Class) crash.Info {
	info := crash.Explain(c)
	info.Class = c
	info.Kind = cmp.Or(info.Kind, kindOf(c))
	info.Title = htmlview.Sentence(cmp.Or(info.Title, string(c)))
	if info.Recoverable == "" {
		info.Recoverable = crash.RecoverNo
		if info.Kind == crash.KindPanic {
			info.Recoverable = crash.RecoverYes
		}
	}
	return info
}

// kindOf is the first word of a class.
func kindOf(c crash.Class) crash.Kind {
	kind, _, _ := strings.Cut(string(c), ".")
	for _, k := range crash.Kinds() {
		if string(k) == kind {
			return k
		}
	}
	return crash.KindFragment
}

// lesson is that of the kind, unless the class is an exception to it.
func lesson(info crash.Info) string {
	if info.Kind == crash.KindFatal && info.Recoverable == crash.RecoverYes {
		return "A panic that nobody recovered became a fatal error while the runtime printed it."
	}
	return kindLesson(info.Kind)
}

// kindLesson says in one or two sentences what sets a kind apart.
func kindLesson(k crash.Kind) string {
	switch k {
	case crash.KindPanic:
		return "A goroutine panicked. Its deferred functions run, and one of them can recover; when none does, the whole process ends with status 2, whatever its other goroutines are doing."
	case crash.KindFatal:
		return "The runtime found a state it cannot go on from and ended the process. Deferred functions do not run, so no recover in any goroutine can stop it."
	case crash.KindSignal:
		return "The operating system sent a signal that Go does not turn into a panic. The runtime prints a traceback and ends the process without running deferred functions."
	case crash.KindKill:
		return "A signal ended the process without a word: there is no traceback, because nothing inside was given the time to print one. Only somebody outside can tell."
	case crash.KindExit:
		return "The program ended itself, with a status other than 0 or from where nobody expected it. os.Exit does not run deferred functions."
	case crash.KindRace:
		return "The race detector saw two goroutines touch the same memory without agreeing on an order. The process goes on; what it computes from here on is not to be trusted."
	case crash.KindHang:
		return "The process lived, but made no progress until somebody ended it."
	default:
		return "Frames without the line that says why: the beginning of the traceback was lost on its way."
	}
}
