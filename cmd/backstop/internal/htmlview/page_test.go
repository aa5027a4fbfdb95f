package htmlview_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

// golden returns the crashes that are kept as examples, those whose name begins
// with one of the prefixes; all without any.
func golden(t *testing.T, prefixes ...string) []htmlview.Crash {
	t.Helper()
	names, err := filepath.Glob("../../../../crash/testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d golden files, %v", len(names), err)
	}
	var out []htmlview.Crash
	for _, name := range names {
		wanted := len(prefixes) == 0
		for _, p := range prefixes {
			wanted = wanted || strings.HasPrefix(filepath.Base(name), p)
		}
		if !wanted {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ = bytes.Cut(text, []byte("\n\n"))
		r, err := crash.Parse(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, htmlview.Crash{Report: r, From: filepath.Base(name)})
	}
	return out
}

func write(t *testing.T, crashes []htmlview.Crash, o htmlview.Options) string {
	t.Helper()
	var b strings.Builder
	if err := htmlview.Write(&b, crashes, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// check holds a page to what all pages promise, and to what this one does: it
// is whole by itself.
func check(t *testing.T, body string) []htmltest.Element {
	t.Helper()
	all := htmltest.Parse(t, body)
	htmltest.CheckPage(t, all)
	ids := make(map[string]bool)
	for _, e := range all {
		ids[e.Attr["id"]] = true
	}
	for _, e := range all {
		switch e.Tag {
		case "script", "form", "iframe", "object", "base", "input":
			t.Errorf("<%s> on a page that runs and sends nothing", e.Tag)
		}
		for _, name := range []string{"href", "src"} {
			to, has := e.Attr[name]
			switch {
			case !has, strings.HasPrefix(to, "data:image/svg+xml;base64,"):
			case !strings.HasPrefix(to, "#"):
				t.Errorf("<%s %s=%q> leaves the page", e.Tag, name, to)
			case !ids[to[1:]]:
				t.Errorf("<%s %s=%q> leads nowhere", e.Tag, name, to)
			}
		}
	}
	return all
}

func TestEveryGoldenCrashMakesAPage(t *testing.T) {
	crashes := golden(t)
	all := check(t, write(t, crashes, htmlview.Options{}))
	if n := len(htmltest.Find(all, "article", "crash")); n != len(crashes) {
		t.Errorf("%d crashes on the page, want %d", n, len(crashes))
	}
	if n := len(htmltest.Find(all, "a", "name")); n != len(crashes) {
		t.Errorf("%d lines in the table of contents, want %d", n, len(crashes))
	}
	for i, c := range crashes {
		check(t, write(t, crashes[i:i+1], htmlview.Options{From: []string{c.From}}))
	}
	check(t, write(t, nil, htmlview.Options{}))
}

// The head of the page and its table of contents stay short and readable.
func TestPageOfManyFiles(t *testing.T) {
	crashes := golden(t, "ancestors.go1.26")
	crashes = append(crashes, crashes[0])
	report := *crashes[0].Report
	report.Message = "first\n\tsecond"
	crashes[1].Report = &report
	names := strings.Fields("a b c d e f g h i j")
	for n, want := range map[int]string{
		2:  "2 crashes in a, b",
		8:  "2 crashes in a, b, c, d, e, f, g, h",
		10: "2 crashes in a, b, c, d, e, f, g, h and others",
	} {
		all := check(t, write(t, crashes, htmlview.Options{From: names[:n]}))
		if got := htmltest.TextOf(all, "h1", ""); got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
		if got := htmltest.TextOf(all, "nav", "contents"); !strings.HasSuffix(got, "first second") {
			t.Errorf("the contents are %q, want the message on one line", got)
		}
	}
}

func TestPageShowsWhatMatters(t *testing.T) {
	crashes := golden(t, "ancestors.go1.26")
	excerpt := func(f *crash.Frame, around int) *source.Excerpt {
		if f.Func != "example.com/shop/cart.(*Cart).Add" {
			return nil
		}
		return &source.Excerpt{File: "/src/cart.go", First: 8, Focus: 9, Lines: []string{"\t// A restored cart has no map.", "\tc.items[item]++", "}"}}
	}
	all := check(t, write(t, crashes, htmlview.Options{From: []string{"crash.log"}, Source: excerpt, Version: "v9"}))
	for _, c := range []struct{ tag, class, want string }{
		{"title", "", "Write to a nil map in cart.(*Cart).Add · Backstop"},
		{"h1", "", "Crash report of crash.log"},
		{"h2", "headline", "Write to a nil map in cart.(*Cart).Add"},
		{"pre", "message", "panic: assignment to entry in nil map"},
		{"span", "class", "panic.nil_map"},
		{"pre", "source", "8 // A restored cart has no map. > 9 c.items[item]++ 10 }"},
		{"footer", "", "Made by Backstop v9. This page holds all it shows: it loads nothing and runs nothing."},
	} {
		if got := htmltest.TextOf(all, c.tag, c.class); got != c.want {
			t.Errorf("<%s class=%q> is %q, want %q", c.tag, c.class, got, c.want)
		}
	}
	if strings.Contains(write(t, crashes, htmlview.Options{Source: excerpt}), "/src/") {
		t.Error("the page tells where the source is on this machine")
	}
	text := htmltest.TextOf(all, "main", "")
	at := 0
	for _, want := range []string{
		"What happened? The process died A value was assigned", "Could recover have caught it? Yes, but none did", "Look here first cart/cart.go:9",
		"Stack goroutine", "where it happened", "created by main.goroutine in goroutine 1, main", "Goroutine 1 was then at", "Usual causes", "Issue",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q lacks %q", text[at:], want)
		}
		at += i + len(want)
	}
}

func TestBothAccessorsOfARace(t *testing.T) {
	all := check(t, write(t, golden(t, "race.go1.26"), htmlview.Options{}))
	text := htmltest.TextOf(all, "main", "")
	for _, want := range []string{"Stack read by goroutine", "Stack previous write by goroutine"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
}

var policyIn = regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`)

// The policy names the hash of the style as a browser computes it: over the
// text between the tags.
func TestPolicyFitsTheStyle(t *testing.T) {
	body := write(t, nil, htmlview.Options{})
	_, style, _ := strings.Cut(body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := policyIn.FindStringSubmatch(body)
	if policy == nil {
		t.Fatal("no policy")
	}
	got := strings.ReplaceAll(strings.ReplaceAll(policy[1], "&#39;", "'"), "&#43;", "+")
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(got, "default-src 'none'; style-src "+want+";") {
		t.Errorf("policy %s, want the hash %s", got, want)
	}
}

// hostile is a report in which every text is s.
func hostile(s string, kind crash.Kind) htmlview.Crash {
	var r crash.Report
	htmltest.Fill(reflect.ValueOf(&r).Elem(), s, time.Time{})
	r.Kind, r.Class = kind, crash.Class(kind)+crash.Class("."+s)
	r.Crash, r.Recovered = 0, false
	return htmlview.Crash{Report: &r, From: s}
}

func hostilePage(t *testing.T, s string, kind crash.Kind) string {
	t.Helper()
	return write(t, []htmlview.Crash{hostile(s, kind), hostile(s, kind)}, htmlview.Options{
		From: []string{s, s}, Version: s, Left: 1,
		Source: func(*crash.Frame, int) *source.Excerpt {
			return &source.Excerpt{File: s, First: 1, Focus: 1, Lines: []string{s, s}}
		},
	})
}

func TestHostileText(t *testing.T) {
	for i, s := range htmltest.Payloads {
		for _, kind := range crash.Kinds() {
			t.Run(fmt.Sprintf("%d/%s", i, kind), func(t *testing.T) {
				all := check(t, hostilePage(t, s, kind))
				if strings.ContainsAny(all[0].Text, "\u202e\u2066\u200b\ufeff\u2028\u0085\x00\x1b\x07\x7f") {
					t.Error("the page holds an invisible character")
				}
				if text := htmltest.TextOf(all, "main", ""); strings.Count(text, "evil") < 20 || !strings.Contains(htmltest.TextOf(all, "footer", ""), "runs nothing") {
					t.Errorf("the page does not show the text: %q", text)
				}
			})
		}
	}
}

// What can be endless in a report is bounded on the page, and the page says so.
func TestHugeReportsMakeSmallPages(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	r := &crash.Report{Kind: crash.KindPanic, Class: "panic.custom", Message: long, HasMessage: true, Goroutines: []crash.Goroutine{{ID: 1, State: long}}}
	for i := range 10_000 {
		r.Goroutines[0].Frames = append(r.Goroutines[0].Frames, crash.Frame{Func: fmt.Sprintf("a/b.C%d%s", i, long[:500]), File: long[:500], Line: 1})
	}
	for i := range 1000 {
		r.Goroutines = append(r.Goroutines, crash.Goroutine{ID: int64(i), State: fmt.Sprint("state", i), Frames: r.Goroutines[0].Frames[:20]})
		r.Problems = append(r.Problems, crash.Problem{Code: fmt.Sprint(i), Count: 1, Text: long[:500]})
		r.Panics = append(r.Panics, crash.Panic{Message: long[:5000]})
	}
	body := write(t, []htmlview.Crash{{Report: r}}, htmlview.Options{})
	if len(body) > 4<<20 {
		t.Errorf("%d bytes", len(body))
	}
	text := htmltest.TextOf(check(t, body), "main", "")
	for _, want := range []string{"The message is longer by", "9800 more frames", "900 more sets of goroutines, 900 in all", "990 problems of other sorts"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// page writes a page into a file and returns its URL.
func page(t *testing.T, body string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "crash.html")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(file)
}

// The page as a file, in a browser: laid out in both schemes and on a phone,
// nothing wider than the window, nothing refused by its own policy.
func TestPageInChromium(t *testing.T) {
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	said := htmltest.Complaints(tab, t)
	for name, crashes := range map[string][]htmlview.Crash{"one": golden(t, "nested.go1.26"), "many": golden(t, "deadlock", "race", "stack-overflow", "http-serving")} {
		url := page(t, write(t, crashes, htmlview.Options{From: []string{"app.log"}, Version: "v0.1.0"}))
		light := htmltest.Visit(tab, t, url, 1280, "light", false)
		dark := htmltest.Visit(tab, t, url, 1280, "dark", false)
		phone := htmltest.Visit(tab, t, url, 400, "light", false)
		for _, l := range []htmltest.Layout{light, dark, phone} {
			if l.Width > l.Window || l.Heading == "" || !strings.HasSuffix(l.Title, "Backstop") {
				t.Errorf("%s: %+v", name, l)
			}
		}
		if light.Background != "rgb(247, 247, 245)" || dark.Background != "rgb(20, 24, 26)" || light.Color == dark.Color {
			t.Errorf("%s: light %s on %s, dark %s on %s", name, light.Color, light.Background, dark.Color, dark.Background)
		}
		if got := htmltest.Ask[int](tab, t, `document.images[0].naturalWidth`); got == 0 {
			t.Errorf("%s: the logo is not shown", name)
		}
		if err := chromedp.Do(tab, chromedp.Focus(chromedp.CSS("details.std > summary")), chromedp.KeyEvent("\r")); err != nil {
			t.Fatal(err)
		}
		if !htmltest.Ask[bool](tab, t, `document.querySelector("details.std").open`) {
			t.Errorf("%s: the keyboard does not unfold frames", name)
		}
	}
	for _, s := range said() {
		t.Errorf("console: %s", s)
	}
}

// Every payload in every text, with scripts allowed by the browser: only
// escaping and the policy stand between.
func TestHostileTextInChromium(t *testing.T) {
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	said := htmltest.Complaints(tab, t)
	for i, s := range htmltest.Payloads {
		s = strings.ReplaceAll(s, "alert(", "window.pwned=(")
		l := htmltest.Visit(tab, t, page(t, hostilePage(t, s, crash.KindPanic)), 400, "light", true)
		if l.Pwned != "undefined" || l.Scripts != 0 || l.Forms != 0 || l.Width > l.Window || !strings.HasSuffix(l.Title, "Backstop") {
			t.Errorf("payload %d got through: %+v", i, l)
		}
	}
	for _, s := range said() {
		t.Errorf("console: %s", s)
	}
}

// TestPolicyHoldsByItself shows that the checks above can fail: a script that
// did get in would be refused, and heard of.
func TestPolicyHoldsByItself(t *testing.T) {
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	said := htmltest.Complaints(tab, t)
	body := strings.Replace(write(t, golden(t, "index.go1.27"), htmlview.Options{}), "<h1 ", `<script>window.pwned = 1</script><img src="http://127.0.0.1:1/x"><h1 style="color:red" `, 1)
	l := htmltest.Visit(tab, t, page(t, body), 1280, "light", true)
	if l.Pwned != "undefined" || l.Scripts != 1 {
		t.Errorf("%+v", l)
	}
	if got := strings.Join(said(), "\n"); !strings.Contains(got, "Content Security Policy") {
		t.Errorf("console: %q", got)
	}
}

// TestScreenshots writes pictures of pages into the directory named by
// BACKSTOP_SCREENSHOTS, to be looked at. Without it, it has nothing to do.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("BACKSTOP_SCREENSHOTS")
	if dir == "" {
		t.Skip("BACKSTOP_SCREENSHOTS names no directory")
	}
	root, err := filepath.Abs("../../../../crash/testdata/crasher")
	if err != nil {
		t.Fatal(err)
	}
	finder := source.New(source.Options{Dir: root})
	tab := htmltest.NewTab(htmltest.NewBrowser(t), t)
	for name, crashes := range map[string][]htmlview.Crash{
		"one": golden(t, "ancestors.go1.26"), "many": golden(t, "map-writes.go1.2", "race", "stack-overflow.go1.27", "http-serving.go1.27", "repanicked-deep.go1.27"),
		"hostile": {hostile(htmltest.Payloads[7], crash.KindPanic)},
	} {
		url := page(t, write(t, crashes, htmlview.Options{From: []string{"app.log"}, Version: "v0.1.0", Source: finder.Excerpt}))
		for _, d := range []struct {
			name   string
			width  int64
			scheme string
		}{{"light", 1280, "light"}, {"dark", 1280, "dark"}, {"narrow", 400, "light"}, {"narrow-dark", 400, "dark"}} {
			if err := chromedp.Do(tab, htmltest.Dress(d.width, 900, d.scheme, false), chromedp.Navigate(url)); err != nil {
				t.Fatal(err)
			}
			png, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"-"+d.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
