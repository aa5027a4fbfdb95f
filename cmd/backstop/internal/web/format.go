package web

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
)

func (a *app) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":       a.assetURL,
		"ago":         func(t time.Time) string { return ago(a.opts.Now(), t) },
		"abs":         func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") },
		"iso":         func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"count":       func(n any) string { return count(number(n)) },
		"plural":      plural,
		"line":        line,
		"lines":       lines,
		"plain":       plain,
		"title":       func() int { return maxTitle },
		"name":        func() int { return maxName },
		"fn":          splitFunc,
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

// count writes a number with thin spaces between thousands.
func count[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	if len(s) <= 4 {
		return s
	}
	var b strings.Builder
	for i, d := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// plural writes a number and the word for it: plural(2, "event") is "2 events".
func plural(n any, word string) string {
	v := number(n)
	if v != 1 {
		word += "s"
	}
	return count(v) + "\u00a0" + word
}

// number takes what templates have for counts: an int or an int64.
func number(n any) int64 {
	if n, ok := n.(int64); ok {
		return n
	}
	return int64(n.(int))
}

// A name is a function name in two parts: the path of its package's parent,
// which people skip, and the rest, which they read.
type name struct{ Path, Base string }

// splitFunc splits after the last slash that belongs to the import path, and
// not to a type argument or a receiver.
func splitFunc(fn string) name {
	head := fn
	if i := strings.IndexAny(head, "[("); i >= 0 {
		head = head[:i]
	}
	i := strings.LastIndexByte(head, '/') + 1
	return name{fn[:i], fn[i:]}
}

// shortFunc leaves out type arguments, as the runtime does in a traceback.
func shortFunc(fn string) string {
	start, end := strings.IndexByte(fn, '['), strings.LastIndexByte(fn, ']')
	if start < 0 || end < start {
		return fn
	}
	return fn[:start] + "[...]" + fn[end+1:]
}

// sentence begins a title with a capital letter, unless its first word is code.
func sentence(s string) string {
	if first, _, _ := strings.Cut(s, " "); strings.ContainsAny(first, ".(_") {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// splitFile does the same for a file, keeping its directory's own name.
func splitFile(file string) name {
	slash := strings.ReplaceAll(file, `\`, "/")
	i := strings.LastIndexByte(slash, '/')
	if i > 0 {
		i = strings.LastIndexByte(slash[:i], '/')
	}
	return name{file[:i+1], file[i+1:]}
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
