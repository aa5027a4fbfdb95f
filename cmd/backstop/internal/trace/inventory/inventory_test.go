package inventory

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/crash"
)

var update = flag.Bool("update", false, "rewrite testdata")

func text(s string) *string { return &s }

func place(fn, file string, line, start, end int) *trace.Place {
	return &trace.Place{Func: fn, File: file, Line: line, Start: start, End: end}
}

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shop is a recording of a service with all that an inventory tells of.
func shop() *trace.Recording {
	const (
		dir  = "example.com/shop/"
		exe  = "/usr/local/bin/shop"
		null = "runtime error: invalid memory address or nil pointer dereference"
	)
	uid := 0
	serve := place("net/http.(*conn).serve.func1", "net/http/server.go", 1947, 1942, 1960)
	safely := place(dir+"order.safely.func1", dir+"order/safely.go", 12, 11, 14)
	total := place(dir+"cart.(*Cart).Total", dir+"cart/cart.go", 42, 30, 50)
	tick := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Second) }
	recovered := func(site string, at int, app, by *trace.Place, class crash.Class, msg, typ string, seen uint64, after time.Duration) *trace.Event {
		return &trace.Event{
			Kind: trace.Panic, Outcome: trace.Recovered, At: tick(at), Exe: exe, Class: class, Message: &msg, Site: site, Seen: seen,
			Value: &goproc.Value{Type: typ}, App: app, Recovery: &trace.Recovery{By: by, After: after},
		}
	}
	rec := trace.NewRecording()
	for _, e := range []*trace.Event{
		recovered("a", 1, total, serve, "panic.nil_deref", null, "runtime.errorString", 1, 21*time.Microsecond),
		recovered("a", 9, total, serve, "panic.nil_deref", null, "runtime.errorString", 1204, 1200*time.Microsecond),
		recovered("b", 3, place(dir+"order.Place", dir+"order/order.go", 77, 60, 90), serve, "panic.custom", `*order.Error{Code: 7}`, "*order.Error", 3, 30*time.Microsecond),
		recovered("c", 4, place(dir+"order.Place", dir+"order/order.go", 80, 60, 90), safely, "panic.index", "runtime error: index out of range [5] with length 3", "runtime.boundsError", 17, 9*time.Microsecond),
		recovered("d", 5, total, place(dir+"order.rarely", dir+"order/safely.go", 60, 58, 66), "panic.nil_deref", null, "runtime.errorString", 1, 9*time.Microsecond),
		{
			Kind: trace.Vain, At: tick(6), Exe: exe, Class: "panic.nil_deref", Message: text(null), Site: "e", Seen: 5, App: total,
			Recovery: &trace.Recovery{By: place(dir+"order.report", dir+"order/safely.go", 31, 30, 36)},
			Frames: []trace.Frame{
				{Place: *place(dir+"order.report", dir+"order/safely.go", 31, 30, 36)},
				{Place: *place(dir+"order.work.func1", dir+"order/safely.go", 41, 40, 42)},
				{Place: trace.Place{Func: "panic"}},
			},
		},
		{ // works otherwise
			Kind: trace.Vain, At: tick(6), Exe: exe, Class: "panic.nil_deref", Site: "f", Seen: 1,
			Recovery: &trace.Recovery{By: place(dir+"order.rarely", dir+"order/safely.go", 61, 58, 66)},
		},
		{ // the library guards what it calls, during a panic of somebody else too
			Kind: trace.Vain, At: tick(6), Exe: exe, Class: "panic.nil_deref", Site: "g", Seen: 1,
			Recovery: &trace.Recovery{By: place("fmt.(*pp).catchPanic", "fmt/print.go", 600, 580, 620)},
		},
		{
			Kind: trace.Panic, Outcome: trace.Uncaught, At: tick(7), Exe: exe, Class: "panic.closed_chan", Message: text("send on closed channel"), Site: "h", Seen: 1,
			Entry: place(dir+"mail.(*Queue).run", dir+"mail/queue.go", 20, 18, 40), CreatedBy: place(dir+"mail.Start", dir+"mail/queue.go", 12, 0, 0), App: place(dir+"mail.(*Queue).push", dir+"mail/queue.go", 50, 45, 55),
		},
		{Kind: trace.Exit, At: tick(8), Exe: exe, Class: "exit.os_exit", Message: text("exit status 3"), Site: "i", Seen: 1, App: place("main.main", dir+"main.go", 33, 10, 40), End: &trace.End{Status: 3}},
		{Kind: trace.Exit, At: tick(8), Exe: exe, Site: "j", Seen: 1, End: &trace.End{}},
		{Kind: trace.Kill, At: tick(9), Exe: exe, Class: "kill.sigkill", Message: text("killed by SIGKILL from pid 812 sh (uid 0)"), Site: "k", Seen: 1, End: &trace.End{Status: -1, Signal: "SIGKILL", By: &trace.Process{PID: 812, Comm: "sh", UID: &uid}}},
		{Kind: trace.Kill, At: tick(10), Exe: exe, Class: "kill.sigkill", Message: text("killed by SIGKILL from pid 815 sh (uid 0)"), Site: "l", Seen: 1, End: &trace.End{Status: -1, Signal: "SIGKILL", By: &trace.Process{PID: 815, Comm: "sh", UID: &uid}}},
		{Kind: trace.Signal, At: tick(10), Exe: exe, Class: "signal.sigquit", Signal: "SIGQUIT", Site: "n", Seen: 1, End: &trace.End{Status: 2, By: &trace.Process{PID: 816, Comm: "timeout", UID: &uid}}},
		{Kind: trace.Fatal, At: tick(10), Exe: exe, Class: "fatal.concurrent_map_writes", Message: text("concurrent map writes"), Site: "m", Seen: 1},
	} {
		rec.Add(e)
	}
	rec.End(trace.Summary{Start: begin, For: time.Minute, Tally: trace.Tally{Panics: 1230, Recovered: 1229, Uncaught: 1, Unnamed: 4, Exact: true}, Losses: trace.Losses{Ring: 2}})
	return rec
}

// findings are what vet says of the shop, with files as seen from its directory.
const findings = `
{"rule":"recover-swallow","tier":"B","file":"order/safely.go","line":12,"column":6,"message":"safely drops the panic","package":"example.com/shop/order","path":[],"related":[]}
{"rule":"recover-depth","tier":"A","file":"order/safely.go","line":41,"column":3,"message":"report recovers nothing","package":"example.com/shop/order","path":[],"related":[{"file":"order/safely.go","line":31,"column":5,"message":"recover()"}]}
{"rule":"goroutine-unguarded","tier":"B","file":"mail/queue.go","line":12,"column":2,"message":"a goroutine without a guard","package":"example.com/shop/mail","path":[],"related":[]}
{"rule":"goroutine-unguarded","tier":"B","file":"mail/queue.go","line":99,"column":2,"message":"another","package":"example.com/shop/mail","path":[],"related":[]}
{"rule":"nil-map","tier":"A","file":"cart/cart.go","line":7,"column":2,"message":"not for this list","package":"example.com/shop/cart","path":[],"related":[]}
{"rule":"recover-swallow","tier":"B","file":"other/safely.go","line":12,"column":6,"message":"in another package","package":"example.com/shop/other","path":[],"related":[]}
`

func made(t *testing.T, vetted bool) *Inventory {
	t.Helper()
	inv := Make(shop())
	if vetted {
		list, err := ReadFindings(strings.NewReader(findings))
		if err != nil {
			t.Fatal(err)
		}
		inv.Compare(list)
	}
	return inv
}

func TestInventory(t *testing.T) {
	inv := made(t, true)
	if len(inv.Swallowers) != 3 || inv.Swallowers[0].Count != 1207 || inv.Swallowers[0].Panics[0].Count != 1204 {
		t.Fatalf("swallowers %+v", inv.Swallowers)
	}
	if w := inv.Swallowers[0].Panics[0]; w.Shortest != 21*time.Microsecond || w.Longest != 1200*time.Microsecond || !w.Last.Equal(begin.Add(9*time.Second)) {
		t.Errorf("latency %v to %v, last %v", w.Shortest, w.Longest, w.Last)
	}
	if len(inv.Vain) != 2 || inv.Vain[0].Effective != 0 || inv.Vain[0].Count != 5 || inv.Vain[1].Effective != 1 {
		t.Errorf("guards %+v", inv.Vain)
	}
	if len(inv.Deaths) != 3 || inv.Deaths[0].Count != 2 || inv.Deaths[0].By.Comm != "sh" {
		t.Errorf("deaths %+v", inv.Deaths)
	}
	rules := func(list []Finding) string {
		var names []string
		for _, f := range list {
			names = append(names, f.Rule+" "+f.File)
		}
		return strings.Join(names, ", ")
	}
	for _, c := range []struct{ what, got, want string }{
		{"net/http", rules(inv.Swallowers[0].Vet), ""},
		{"safely", rules(inv.Swallowers[1].Vet), "recover-swallow order/safely.go"},
		{"report", rules(inv.Vain[0].Vet), "recover-depth order/safely.go"},
		{"queue", rules(inv.Entries[0].Vet), "goroutine-unguarded mail/queue.go"},
		{"not seen", rules(inv.NotSeen), "goroutine-unguarded mail/queue.go, recover-swallow other/safely.go"},
	} {
		if c.got != c.want {
			t.Errorf("vet of %s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

// The text for people, as wide as a terminal and without end.
func TestText(t *testing.T) {
	for _, c := range []struct {
		file   string
		style  Style
		vetted bool
	}{
		{"testdata/wide.txt", Style{}, true},
		{"testdata/narrow.txt", Style{Width: 80}, false},
	} {
		var b bytes.Buffer
		c.style.Zone = time.UTC
		if err := made(t, c.vetted).Text(&b, c.style); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(c.file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); c.style.Width > 0 && n > c.style.Width {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

// A recording is text of strangers.
func TestTextHostile(t *testing.T) {
	rec := trace.NewRecording()
	evil := "\x1b[2J\u202e"
	for _, k := range []trace.Kind{trace.Panic, trace.Vain, trace.Exit, trace.Kill} {
		for _, o := range []trace.Outcome{trace.Recovered, trace.Uncaught} {
			rec.Add(&trace.Event{
				Kind: k, Outcome: o, Exe: evil, Class: crash.Class(evil), Message: &evil, Site: string(k) + string(o), Value: &goproc.Value{Type: evil},
				App: place(evil, evil, 1, 0, 0), Entry: place(evil, evil, 1, 0, 0), CreatedBy: place(evil, evil, 1, 0, 0),
				Recovery: &trace.Recovery{By: place(evil, evil, 1, 0, 0)}, End: &trace.End{Signal: evil, By: &trace.Process{Comm: evil}},
			})
		}
	}
	rec.End(trace.Summary{})
	inv := Make(rec)
	inv.Compare([]Finding{{Rule: "recover-" + evil, File: evil, Line: 1, Message: evil}})
	var b bytes.Buffer
	if err := inv.Text(&b, Style{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") {
		t.Errorf("control characters reach the terminal: %q", b.String())
	}
	if inv := Make(trace.NewRecording()); inv.Runs != 0 {
		t.Errorf("%d runs in nothing", inv.Runs)
	}
}

func TestSameFile(t *testing.T) {
	for _, c := range []struct {
		vet, pkg, exe, fn string
		want              bool
	}{
		{"order/safely.go", "example.com/shop/order", "example.com/shop/order/safely.go", "example.com/shop/order.safely", true},
		{"order/safely.go", "example.com/shop/order", "/src/shop/order/safely.go", "example.com/shop/order.safely", true},
		{"/src/shop/order/safely.go", "example.com/shop/order", "example.com/shop/order/safely.go", "example.com/shop/order.safely", false},
		{"safely.go", "example.com/shop/order", "/src/shop/order/safely.go", "example.com/shop/order.safely", true},
		{"safely.go", "example.com/shop/order", "/src/shop/mail/safely.go", "example.com/shop/mail.safely", false},
		{"main.go", "example.com/shop", "example.com/shop/main.go", "main.main", true},
		{"../order/safely.go", "example.com/shop/order", "/src/shop/order/safely.go", "example.com/shop/order.(*T).safely", true},
		{"rder/safely.go", "", "/src/shop/order/safely.go", "example.com/shop/order.safely", false},
		{"", "", "", "", false},
	} {
		if got := sameFile(&Finding{File: c.vet, Package: c.pkg}, c.vet, c.exe, c.fn); got != c.want {
			t.Errorf("%q of %s and %q of %s: %v", c.vet, c.pkg, c.exe, c.fn, got)
		}
	}
}
