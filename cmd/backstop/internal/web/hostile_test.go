package web

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// hostile is a store in which every text is s. The kind stays what it is when
// it is set, because it decides which parts of a page there are.
func hostile(s string, kind crash.Kind) (*memory, string) {
	var e event.Event
	var d store.IssueDetail
	var service store.Service
	htmltest.Fill(reflect.ValueOf(&e).Elem(), s, now.Add(-time.Minute))
	htmltest.Fill(reflect.ValueOf(&d).Elem(), s, now.Add(-time.Minute))
	htmltest.Fill(reflect.ValueOf(&service).Elem(), s, now.Add(-time.Minute))
	if kind != "" {
		e.Class, e.Report.Kind = crash.Class(kind)+crash.Class("."+s), kind
		d.Class = e.Class
	}
	e.Report.Crash, e.Report.Recovered = 0, false
	d.ID = 1
	return &memory{
		issues: []store.IssueDetail{d}, events: map[string]event.Event{s: e}, owner: map[string]int64{s: 1},
		services: []store.Service{service}, points: []store.Point{{Minute: now.Truncate(time.Minute), Count: 2}},
	}, s
}

func TestHostileText(t *testing.T) {
	for i, s := range htmltest.Payloads {
		for _, kind := range []crash.Kind{"", crash.KindPanic, crash.KindFatal} {
			t.Run(fmt.Sprintf("%d/%s", i, kind), func(t *testing.T) {
				m, id := hostile(s, kind)
				h := newHandler(t, m, Options{Resolve: noResolve, API: true})
				q := url.QueryEscape(s)
				for _, p := range []string{
					"/", "/issues", "/issues/1", "/events/" + url.PathEscape(id), "/classes/" + url.PathEscape(string(m.issues[0].Class)),
					"/issues?service=" + q + "&status=" + q + "&class=" + q + "&page=" + q + "&live=1&" + q + "=" + q,
					"/issues/1?range=" + q + "&" + q + "=" + q,
				} {
					body := get(t, h, p).Body.String()
					all := htmltest.Parse(t, body)
					htmltest.CheckPage(t, all)
					if strings.ContainsAny(all[0].Text, "\u202e\u2066\u200b\ufeff\u2028\u0085\x00\x1b\x07\x7f") {
						t.Errorf("%s holds an invisible character", p)
					}
					// Both the payload's words and the page's own are there:
					// nothing swallowed the rest.
					if text := htmltest.TextOf(all, "html", ""); !strings.Contains(strings.ToLower(text), "evil") || !strings.Contains(htmltest.TextOf(all, "footer", ""), "Counts are exact") {
						t.Errorf("%s does not show the text", p)
					}
				}
				for _, p := range []string{"/text", "/message"} {
					w := get(t, h, "/events/"+url.PathEscape(id)+p)
					if w.Code != 200 || w.Body.String() != s || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
						t.Errorf("%s: status %d, %q, %v", p, w.Code, w.Body, w.Header())
					}
				}
			})
		}
	}
}

func TestHugeReportsMakeSmallPages(t *testing.T) {
	e := detached()
	long := strings.Repeat("x", 1<<20)
	e.Message = &long
	e.PanicValue, e.Service, e.Release, e.Instance, e.Text = long, long, long, long, long
	r := e.Report
	for range 10_000 {
		r.Goroutines[0].Frames = append(r.Goroutines[0].Frames, crash.Frame{Func: "a/b.C" + long[:500], File: long[:500], Line: 1})
	}
	for i := range 1000 {
		r.Goroutines = append(r.Goroutines, crash.Goroutine{ID: int64(i), State: fmt.Sprint("state", i), Frames: r.Goroutines[0].Frames[:20]})
		r.Problems = append(r.Problems, crash.Problem{Code: fmt.Sprint(i), Count: 1, Text: long[:500]})
		r.Panics = append(r.Panics, crash.Panic{Message: long[:5000]})
	}
	m := &memory{}
	m.add(e, issue.New, 5, now)
	d := &m.issues[0]
	for range 5000 {
		d.Releases = append(d.Releases, d.Releases[0])
		d.Instances = append(d.Instances, d.Instances[0])
		d.Samples = append(d.Samples, d.Samples[0])
	}
	h := newHandler(t, m, Options{})
	for _, p := range []string{"/", "/issues", "/issues/1", "/events/" + e.ID} {
		w := get(t, h, p)
		if w.Code != 200 || w.Body.Len() > 8<<20 {
			t.Errorf("%s: status %d, %d bytes", p, w.Code, w.Body.Len())
		}
		t.Logf("%s: %d bytes", p, w.Body.Len())
	}
	all := open(t, h, "/issues/1", 200)
	text := htmltest.TextOf(all, "main", "")
	for _, want := range []string{"The message is longer by", "more frames", "more sets of goroutines", "4900 more releases", "4900 more instances", "4900 more events", "991 problems of other sorts"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if w := get(t, h, "/events/"+e.ID+"/message"); w.Body.Len() != 1<<20 {
		t.Errorf("the whole message has %d bytes", w.Body.Len())
	}
}
