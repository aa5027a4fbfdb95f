package web

import (
	"html/template"
	"net/url"
	"strconv"
	"time"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
)

func (a *app) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":       a.assetURL,
		"ago":         func(t time.Time) string { return ago(a.opts.Now(), t) },
		"abs":         func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") },
		"iso":         func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"kindOf":      func(c crash.Class) crash.Kind { return kindOf(c) },
		"headline":    func(c crash.Class) string { return explain(c).Title },
		"classURL":    classURL,
		"serviceURL":  serviceURL,
		"issueURL":    issueURL,
		"statusClass": statusClass,
		"eventURL":    eventURL,
		"add":         func(a, b int) int { return a + b },
	}
}

// statusClass names the colours of a status; none for one that a newer store
// made up.
func statusClass(s issue.Status) string {
	switch s {
	case issue.New, issue.Ongoing, issue.Resolved, issue.Regressed:
		return "s-" + string(s)
	}
	return ""
}

// ago says how long before now t was, in one unit. A time in the future is the
// sign of a wrong clock on some host, and said as such.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d < -5*time.Second:
		return roughly(-d) + " ahead"
	case d < 2*time.Second:
		return "just now"
	default:
		return roughly(d) + " ago"
	}
}

func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	default:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	}
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func issueURL(id int64) string      { return "/issues/" + strconv.FormatInt(id, 10) }
func eventURL(id string) string     { return "/events/" + url.PathEscape(id) }
func classURL(c crash.Class) string { return "/classes/" + url.PathEscape(string(c)) }
func serviceURL(service string) string {
	return withQuery("/issues", url.Values{"service": {carried(service)}})
}
