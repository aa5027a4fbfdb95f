package event

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/crash"
)

func request(path string) Request {
	return Request{Method: "GET", URL: path, TraceID: "0af7651916cd43dd8448eb211c80319c"}
}

// parsed reads a crash of goroutine 9 with headers for the goroutines that lead
// to it.
func parsed(t *testing.T, headers ...string) *crash.Report {
	t.Helper()
	text := "panic: boom\n\n" + strings.Join(headers, "\n\n") + "\n"
	r, err := crash.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func stack(id int, state string, creator int) string {
	s := fmt.Sprintf("goroutine %d [%s]:\nmain.f()\n\t/app/f.go:%d +0x1", id, state, id)
	if creator > 0 {
		s += fmt.Sprintf("\ncreated by main.g in goroutine %d\n\t/app/g.go:7 +0x2", creator)
	}
	return s
}

func TestFindRequest(t *testing.T) {
	serves := func(id int64, path string) InFlight {
		return InFlight{GoroutineID: id, Request: request(path)}
	}
	served := func(id int64, path string) InFlight {
		f := serves(id, path)
		f.Ended = true
		return f
	}
	exit := &Exit{Status: 1}
	for _, c := range []struct {
		name     string
		report   *crash.Report
		exit     *Exit
		inFlight []InFlight
		count    int
		url      string
		via      Via
	}{
		{"nothing in flight", parsed(t, stack(9, "running", 0)), nil, nil, 0, "", ""},
		{"its own", parsed(t, stack(9, "running", 0)), nil, []InFlight{serves(8, "/other"), serves(9, "/own")}, 2, "/own", ""},
		{"the creator's", parsed(t, stack(9, "running", 8)), nil, []InFlight{serves(8, "/creator"), serves(7, "/other")}, 2, "/creator", ViaCreator},
		{
			"the creator's creator's", parsed(t, stack(9, "running", 8), stack(8, "select", 7), stack(7, "chan receive", 1)), nil,
			[]InFlight{serves(7, "/grand"), serves(6, "/other")},
			2, "/grand", ViaCreator,
		},
		{"creators in a circle", parsed(t, stack(9, "running", 8), stack(8, "select", 9)), nil, []InFlight{serves(6, "/a"), serves(5, "/b")}, 2, "", ""},
		{"somebody else's", parsed(t, stack(9, "running", 0)), nil, []InFlight{serves(8, "/a"), serves(7, "/b")}, 2, "", ""},
		{"the only one of an exit", nil, exit, []InFlight{serves(8, "/only")}, 1, "/only", ViaOnly},
		{"one of several of an exit", nil, exit, []InFlight{serves(8, "/a"), serves(7, "/b")}, 2, "", ""},
		{"the only one that fits into the list", nil, exit, []InFlight{serves(8, "/a")}, 70, "", ""},
		{"the process lives", nil, nil, []InFlight{serves(8, "/a")}, 1, "", ""},
		{"the creator's last, which is served", parsed(t, stack(9, "running", 8)), nil, []InFlight{serves(7, "/other"), served(8, "/left")}, 1, "/left", ViaCreator},
		{"what it served itself before", parsed(t, stack(9, "running", 0)), nil, []InFlight{served(9, "/left")}, 0, "", ""},
		{"a served one is not in flight", nil, exit, []InFlight{served(9, "/left")}, 0, "", ""},
		{"goroutine 0 is nobody", parsed(t, "goroutine 0 [idle]:\nmain.f()\n\t/app/f.go:1 +0x1"), exit, []InFlight{serves(0, "/zero"), serves(3, "/b")}, 2, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := Event{Report: c.report, Exit: c.exit, InFlight: c.inFlight, InFlightCount: c.count, Observers: []Observer{Guard}}
			e.FindRequest()
			switch {
			case c.url == "" && e.Request != nil:
				t.Errorf("found %+v, want none", *e.Request)
			case c.url != "" && (e.Request == nil || e.Request.URL != c.url || e.Request.Via != c.via):
				t.Errorf("found %+v, want %s via %q", e.Request, c.url, c.via)
			}
		})
	}
}

func TestFindRequestKeepsWhatIsKnown(t *testing.T) {
	known := request("/known")
	e := Event{Request: &known, Exit: &Exit{Status: 1}, InFlight: []InFlight{{GoroutineID: 1, Request: request("/other")}}, InFlightCount: 1}
	e.FindRequest()
	if e.Request != &known {
		t.Errorf("replaced by %+v", e.Request)
	}
}

// TestCertainRequestWins merges what two observers found.
func TestCertainRequestWins(t *testing.T) {
	sure, guess, only := request("/sure"), request("/guess"), request("/only")
	guess.Via, guess.RequestID = ViaCreator, "says more"
	only.Via = ViaOnly
	for _, pair := range [][2]*Request{{&sure, &guess}, {&sure, &only}, {&guess, &only}} {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			m := Merge(Event{Request: pair[order[0]]}, Event{Request: pair[order[1]]})
			if m.Request != pair[0] {
				t.Errorf("of %+v and %+v merge keeps %+v", pair[0], pair[1], m.Request)
			}
		}
	}
	list := []InFlight{{GoroutineID: 1}, {GoroutineID: 2}}
	if m := Merge(Event{}, Event{InFlight: list, InFlightCount: 5}); len(m.InFlight) != 2 || m.InFlightCount != 5 {
		t.Errorf("requests in flight are lost: %+v", m)
	}
}

func TestDecodeBoundsInFlight(t *testing.T) {
	list := strings.Repeat(`{"goroutine_id":1,"request":{"url":"/a?secret=1","method":"`+strings.Repeat("x", 99)+`"}},`, 200)
	e, err := Decode([]byte(`{"service":"s","class":"kill.sigkill","in_flight":[` + strings.TrimSuffix(list, ",") + `],"exit":{"signal":"SIGKILL","by":"OOM <killer>"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.InFlight) != MaxInFlight || e.InFlightCount != 200 {
		t.Errorf("%d listed of %d, want %d of 200", len(e.InFlight), e.InFlightCount, MaxInFlight)
	}
	if r := e.InFlight[0].Request; r.URL != "/a" || len(r.Method) > 32 {
		t.Errorf("request %+v", r)
	}
	if e.Exit.By != "oomkiller" {
		t.Errorf("by %q", e.Exit.By)
	}
}
