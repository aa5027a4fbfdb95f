package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

const (
	issuesPerPage = 50
	maxPage       = 10_000 // keeps the offset far from overflowing
)

type issuesPage struct {
	Issues   []store.Issue
	Filtered bool
	Services []option
	Statuses []option
	Classes  []optionGroup
	Number   int // of this page, from 1
	First    int // number of the first issue on it
	Newer    string
	Older    string
	Live     bool
}

// An option is one choice of a select.
type option struct {
	Value, Label string
	Selected     bool
}

type optionGroup struct {
	Label   string
	Options []option
}

func (a *app) issues(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := store.IssueFilter{
		Service: q.Get("service"),
		Status:  issue.Status(q.Get("status")),
		Class:   q.Get("class"),
		Limit:   issuesPerPage + 1, // one more tells whether there is a next page
	}
	p := issuesPage{Number: pageNumber(q.Get("page")), Filtered: f.Service != "" || f.Status != "" || f.Class != "", Live: q.Get("live") == "1"}
	f.Offset = (p.Number - 1) * issuesPerPage
	p.First = f.Offset + 1

	var err error
	if p.Issues, err = a.store.Issues(r.Context(), f); err != nil {
		return err
	}
	if len(p.Issues) > issuesPerPage {
		p.Issues = p.Issues[:issuesPerPage]
		if p.Number < maxPage {
			p.Older = pageURL(q, p.Number+1)
		}
	}
	if p.Number > 1 {
		p.Newer = pageURL(q, p.Number-1)
	}
	services, err := a.store.Services(r.Context())
	if err != nil {
		return err
	}
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.Name
	}
	p.Services = options(names, f.Service)
	p.Statuses = options([]string{string(issue.New), string(issue.Ongoing), string(issue.Regressed), string(issue.Resolved)}, string(f.Status))
	p.Classes = classOptions(f.Class)

	return a.render(w, http.StatusOK, "page_issues.html", view{
		Title: "Issues", Section: "issues", Live: liveFor(r), Data: p,
	})
}

func pageNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 1
	}
	return min(max(n, 1), maxPage)
}

func pageURL(q url.Values, n int) string {
	next := url.Values{}
	for k, v := range q {
		if k != "page" && v[0] != "" {
			next[k] = v
		}
	}
	if n > 1 {
		next.Set("page", strconv.Itoa(n))
	}
	return withQuery("/issues", next)
}

// options makes the choices of a select. The current value is always among
// them, known or not, so that the form never says something else than the URL.
func options(values []string, current string) []option {
	if current != "" && !slices.Contains(values, current) {
		values = append(slices.Clip(values), current)
	}
	out := make([]option, 0, len(values))
	for _, v := range values {
		out = append(out, option{Value: carried(v), Label: htmlview.Plain(80, v), Selected: v == current})
	}
	return out
}

// carried is a value as a form can carry it: as it is, or made visible when
// HTML cannot hold it (it then matches nothing, and does no harm).
func carried(v string) string {
	unfit := func(r rune) bool { return r == utf8.RuneError || r < 0x20 || r >= 0x7f && r < 0xa0 }
	if len(v) > htmlview.MaxName || !utf8.ValidString(v) || strings.ContainsFunc(v, unfit) {
		return htmlview.Plain(htmlview.MaxName, v)
	}
	return v
}

// classOptions offers every kind as a whole, then every class under its kind.
func classOptions(current string) []optionGroup {
	known := current == ""
	pick := func(v, label string) option {
		known = known || v == current
		return option{v, label, v == current}
	}
	var groups []optionGroup
	for _, k := range catalogue() {
		g := optionGroup{Label: string(k.Kind)}
		if len(k.Classes) > 1 {
			g.Options = append(g.Options, pick(string(k.Kind)+".", "any "+string(k.Kind)))
		}
		for _, c := range k.Classes {
			g.Options = append(g.Options, pick(string(c.Class), string(c.Class)))
		}
		groups = append(groups, g)
	}
	if !known {
		groups = append(groups, optionGroup{"as asked", []option{{carried(current), htmlview.Plain(80, current), true}}})
	}
	return groups
}

// A kindEntry is one kind of the catalogue with its classes.
type kindEntry struct {
	Kind    crash.Kind
	Lesson  string
	Classes []crash.Info
}

// catalogue lists all classes under their kinds, in the order people should see
// them.
func catalogue() []kindEntry {
	byKind := make(map[crash.Kind][]crash.Info)
	for _, c := range crash.Classes() {
		c = explain(c.Class)
		byKind[c.Kind] = append(byKind[c.Kind], c)
	}
	var out []kindEntry
	for _, k := range crash.Kinds() {
		if classes := byKind[k]; len(classes) > 0 {
			slices.SortFunc(classes, func(x, y crash.Info) int { return strings.Compare(string(x.Class), string(y.Class)) })
			out = append(out, kindEntry{k, kindLesson(k), classes})
		}
	}
	return out
}
