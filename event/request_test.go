package event

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backstop-go/backstop/crash"
)

const trace = "0af7651916cd43dd8448eb211c80319c"

func TestTraceIDFromTraceparent(t *testing.T) {
	for header, want := range map[string]string{
		"00-" + trace + "-b7ad6b7169203331-01":                   trace,
		"00-" + trace + "-b7ad6b7169203331-00":                   trace,
		"cc-" + trace + "-b7ad6b7169203331-01":                   trace, // a version to come
		"cc-" + trace + "-b7ad6b7169203331-01-extra":             trace,
		"cc-" + trace + "-b7ad6b7169203331-01.extra":             "",
		"00-" + trace + "-b7ad6b7169203331-01-extra":             "",
		"ff-" + trace + "-b7ad6b7169203331-01":                   "",
		"0G-" + trace + "-b7ad6b7169203331-01":                   "",
		"00-" + strings.ToUpper(trace) + "-b7ad6b7169203331-01":  "",
		"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01": "",
		"00-" + trace + "-0000000000000000-01":                   "",
		"00-" + trace + "-b7ad6b7169203331-0x":                   "",
		"00-" + trace + "-b7ad6b7169203331-1":                    "",
		" 00-" + trace + "-b7ad6b7169203331-01":                  "",
		trace:                                                    "",
		"":                                                       "",
	} {
		if got := TraceIDFromTraceparent(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func FuzzTraceIDFromTraceparent(f *testing.F) {
	f.Add("00-" + trace + "-b7ad6b7169203331-01")
	f.Fuzz(func(t *testing.T, header string) {
		if id := TraceIDFromTraceparent(header); id != "" && (!IsTraceID(id) || !strings.Contains(header, id)) {
			t.Errorf("%q gives %q", header, id)
		}
	})
}

func TestRequestFromLabels(t *testing.T) {
	if r := RequestFromLabels(map[string]string{"other": "x", LabelTraceID: "no trace id"}); r != nil {
		t.Errorf("request %+v of labels without one", r)
	}
	got := RequestFromLabels(map[string]string{
		LabelMethod: "GET", LabelPath: "/a\x1b[2J" + strings.Repeat("p", 1000), LabelRoute: "GET /a", LabelTraceID: trace, LabelRequestID: "r1",
	})
	want := Request{Method: "GET", URL: ("/a?[2J" + strings.Repeat("p", 1000))[:MaxPath], Route: "GET /a", TraceID: trace, RequestID: "r1"}
	if got == nil || *got != want {
		t.Errorf("request %+v, want %+v", got, want)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"exactly", 7, "exactly"},
		{"too long", 3, "too"},
		{"", 0, ""},
		{"abc", 0, ""},
		{"éé", 3, "é"},
		{"éé", 1, ""},
		{"\xa9\xa9\xa9", 2, ""},
		{"a\nb\x7fc\xff", 10, "a?b?c?"},
		{"日本", 6, "日本"},
		{"日本", 5, "日"},
	} {
		if got := Clip(c.in, c.limit); got != c.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestCutText(t *testing.T) {
	if got, cut := CutText([]byte("short \xff")); got != "short \uFFFD" || cut {
		t.Errorf("short text: %q, cut %v", got, cut)
	}
	long := "HEAD" + strings.Repeat("é", MaxText) + "TAIL"
	got, cut := CutText([]byte(long))
	if !cut || len(got) > MaxText || !utf8.ValidString(got) || !strings.HasPrefix(got, "HEAD") || !strings.HasSuffix(got, "TAIL") || !strings.Contains(got, "\n...cut here...\n") {
		t.Errorf("long text: %d bytes, cut %v, valid %v", len(got), cut, utf8.ValidString(got))
	}
}

// TestEncodeFits makes an event of very many different goroutines.
func TestEncodeFits(t *testing.T) {
	small := Event{ID: NewID(), Report: &crash.Report{Kind: crash.KindPanic, Crash: -1}, Text: "text"}
	data, err := Encode(&small)
	if err != nil || !strings.Contains(string(data), `"text":"text"`) {
		t.Errorf("small event: %v, %s", err, data)
	}

	r := &crash.Report{Kind: crash.KindPanic, Crash: 3, GoroutineCount: 5000}
	for i := range 5000 {
		g := crash.Goroutine{ID: int64(i + 1), State: "running"}
		for j := range 50 {
			g.Frames = append(g.Frames, crash.Frame{Func: strings.Repeat("f", 40), File: strings.Repeat("/x", 40), Line: i*100 + j})
		}
		r.Goroutines = append(r.Goroutines, g)
	}
	big := Event{ID: NewID(), Class: "panic.custom", Service: "svc", OccurredAt: time.Now(), Report: r, Text: strings.Repeat("t", MaxText)}
	data, err = Encode(&big)
	if err != nil || len(data) > MaxEncoded {
		t.Fatalf("big event: %v, %d bytes", err, len(data))
	}
	back, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if g := back.Report.CrashGoroutine(); g == nil || g.ID != 4 || len(g.Frames) != 50 || !back.Report.Truncated || back.Report.GoroutineCount != 5000 || len(back.Report.Goroutines) < 2 {
		t.Errorf("crash goroutine %+v, truncated %v, %d counted, %d kept", g, back.Report.Truncated, back.Report.GoroutineCount, len(back.Report.Goroutines))
	}
	if big.Text == "" || len(r.Goroutines) != 5000 {
		t.Error("Encode changed its argument")
	}
}

func TestNewIDIsUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if len(id) != 32 || !isLowerHex(id) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}
