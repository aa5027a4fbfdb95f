package event

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeSaysWhichFieldIsWrong(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"message":"x"}`, "service: is missing"},
		{`{"service":"  ","message":"x"}`, "service: is missing"},
		{`{"service":"s"}`, "report: is missing, and so are class, message, exit and text: nothing says what happened"},
		{`{"service":"s","message":"x","event_id":"xyz"}`, "event_id: is not 32 hexadecimal digits"},
		{`{"service":"s","class":"Panic!"}`, "class: is not dotted lower-case words such as panic.nil_map"},
		{`{"service":"s","class":".x"}`, "class: is not dotted lower-case words such as panic.nil_map"},
		{`{"service":"s","report":{"kind":"panic","class":"<b>"}}`, "report.class: is not dotted lower-case words such as panic.nil_map"},
		{`{"service":7,"message":"x"}`, "service: cannot be a JSON number"},
		{`{"service":"s","message":"x","request":{"url":1}}`, "request.url: cannot be a JSON number"},
		{`{"service":"s","message":"x","occurred_at":"yesterday"}`, "occurred_at: is not a time as in RFC 3339"},
		{`{"service":"s","message":"x","occurred_at":1700000000}`, "occurred_at: is not a time as in RFC 3339"},
		{`{"service":"s","message":"x","process":{"pid":-1}}`, "process.pid: is negative"},
	} {
		_, err := Decode([]byte(c.in))
		var field *FieldError
		if !errors.As(err, &field) || err.Error() != c.want {
			t.Errorf("%s\n got error %v\nwant %s", c.in, err, c.want)
		}
	}
	for _, in := range []string{``, `null x`, `[]`, `"s"`, `7`, `{`, `{"service":"s",}`} {
		if _, err := Decode([]byte(in)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%q: error %v, want ErrSyntax", in, err)
		}
	}
}

func TestDecodeBoundsAndCleans(t *testing.T) {
	in := map[string]any{
		"service":     " sh\x00op\n ",
		"message":     "a\x1b[31m\x00b\nc",
		"class":       "panic.custom",
		"environment": strings.Repeat("é", 200),
		"observers":   []string{"guard", "monitor", "guard", "b,a d", ""},
		"request":     map[string]string{"url": "/pay?card=1#x", "method": "G\rET"},
		"text":        strings.Repeat("x", MaxText+100),
		"reported_at": "2001-01-01T00:00:00Z",
		"unknown":     map[string]int{"from": 2031},
		"report":      map[string]any{"kind": "panic", "message": strings.Repeat("m", 1<<20)},
	}
	in["event_id"] = "0123456789ABCDEF0123-456789ABCDEF"
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "0123456789abcdef0123456789abcdef" {
		t.Errorf("id %q", e.ID)
	}
	if e.Service != "sh\uFFFDop" {
		t.Errorf("service %q", e.Service)
	}
	if *e.Message != "a\uFFFD[31m\uFFFDb\nc" {
		t.Errorf("message %q", *e.Message)
	}
	if len(e.Environment) > maxName || !utf8.ValidString(e.Environment) {
		t.Errorf("environment of %d bytes: %q", len(e.Environment), e.Environment)
	}
	if want := []Observer{Guard, Monitor, "bad"}; !reflect.DeepEqual(e.Observers, want) {
		t.Errorf("observers %v, want %v", e.Observers, want)
	}
	if e.Request.URL != "/pay" {
		t.Errorf("url %q: the query has to stay away", e.Request.URL)
	}
	if e.ReportedAt != nil {
		t.Error("reported_at is for the collector to set")
	}
	if len(e.Text) > MaxText || len(e.Report.Message) > maxMessage || !e.Report.Truncated {
		t.Errorf("text %d, message %d bytes, truncated %v", len(e.Text), len(e.Report.Message), e.Report.Truncated)
	}
}

func TestDecodeCapsGoroutines(t *testing.T) {
	ids := strings.TrimSuffix(strings.Repeat("1,", 200_000), ",")
	e, err := Decode([]byte(`{"service":"s","report":{"kind":"panic","crash_goroutine":{"id":9,"state":"running","frames":[{"func":"main.f"}]},
		"goroutine_count":3,"other_goroutines":[{"id":1,"ids":[` + ids + `],"state":"select","frames":[]}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(e.Report.Goroutines); n > MaxGoroutines || !e.Report.Truncated {
		t.Errorf("%d goroutines, truncated %v", n, e.Report.Truncated)
	}
	if g := e.Report.CrashGoroutine(); g == nil || g.ID != 9 {
		t.Errorf("the crashing goroutine is gone: %+v", g)
	}
}

func TestDecodeMakesUpAnID(t *testing.T) {
	a, err1 := Decode([]byte(`{"service":"s","message":"x"}`))
	b, err2 := Decode([]byte(`{"service":"s","message":"x"}`))
	if err1 != nil || err2 != nil || len(a.ID) != 32 || a.ID == b.ID {
		t.Errorf("ids %q and %q, errors %v, %v", a.ID, b.ID, err1, err2)
	}
}

func TestHelloCheck(t *testing.T) {
	h := Hello{Service: " shop\n", Release: strings.Repeat("r", 1000)}
	if err := h.Check(); err != nil || h.Service != "shop" || len(h.Release) > maxRelease {
		t.Errorf("%+v, %v", h, err)
	}
	if err := (&Hello{}).Check(); err == nil {
		t.Error("a hello without a service was accepted")
	}
}

// FuzzDecode checks that what is accepted is within its limits, and that
// writing and reading it again changes nothing: a spool, a queue and a store
// may each do so once more.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"service":"s","message":"x\u0000y","observers":["guard"],"occurred_at":"2026-11-20T12:00:00Z"}`))
	f.Add([]byte(`{"service":"s","report":{"kind":"panic","message":"m","crash_goroutine":{"id":1,"state":"running","labels":{},"frames":[{"func":"main.f","file":"/x","line":1}],"created_by":null},"other_goroutines":[{"id":2,"ids":[2,3]}]},"exit":{"status":2}}`))
	f.Add([]byte(`{"service":"s","class":"kill.oom","exit":{"status":-1,"signal":"SIGKILL","oom":true},"process":{"pid":1,"start":18446744073709551615}}`))
	f.Add([]byte(`{"service":"\ud800","request":{"url":"/a?b","trace_id":"0af7651916cd43dd8448eb211c80319c"},"class":"race"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			return
		}
		if len(e.ID) != 32 || e.Service == "" || len(e.Service) > maxName || len(e.Text) > MaxText {
			t.Fatalf("out of bounds: %+v", e)
		}
		if strings.ContainsFunc(e.Service+e.Release+e.Environment+e.Instance, isControl) {
			t.Fatalf("control characters are left: %+v", e)
		}
		first, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("what was accepted cannot be written: %v", err)
		}
		again, err := Decode(first)
		if err != nil {
			t.Fatalf("what was accepted is refused when it comes back: %v\n%s", err, first)
		}
		second, err := json.Marshal(again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("reading it again changed it (%v):\n%s\n%s", err, first, second)
		}
	})
}
