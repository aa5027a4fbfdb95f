package web

import (
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmltest"
	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
)

// eventPageOf returns the words of the page of an event.
func eventPageOf(t *testing.T, e event.Event) string {
	t.Helper()
	m := &memory{}
	m.add(e, issue.New, 1, now)
	body := get(t, newHandler(t, m, Options{Resolve: noResolve}), "/events/"+e.ID).Body.String()
	return strings.Join(strings.Fields(htmltest.TextOf(htmltest.Parse(t, body), "main", "")), " ")
}

func TestRequestsInFlight(t *testing.T) {
	for _, want := range []string{
		"Requests in flight 70, oldest first", "GET /export/0 11 s", "GET /export/63", "56 more requests", "6 more requests that no room was left for",
		"Nobody knows which of the requests in flight it was", "the kernel's OOM killer ended it", "OOM killer yes",
	} {
		if text := eventPageOf(t, oomKill()); !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	text := eventPageOf(t, mapWrites())
	for _, want := range []string{"Requests in flight 2,", "GET /product/7 3.0 s 01JD5Z9X 201", "GET /product/9 crashed 2 ms 4bf92f3577b34da6a3ce929d0e0e4736 33"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(eventPageOf(t, nilMap()), "in flight") {
		t.Error("a page talks of requests in flight that nobody knows of")
	}
}

func TestHowARequestWasFound(t *testing.T) {
	for via, want := range map[event.Via]string{
		event.ViaCreator: "For which request? POST /cart/81f3/items route POST /cart/{id}/items trace 4bf92f3577b34da6a3ce929d0e0e4736 request 01JD5Z9W It is the request of the goroutine that started this one",
		event.ViaOnly:    "It was the only request in flight when the process ended.",
		"dream":          "Found in a way that this version does not know: dream.",
	} {
		e := nilMap()
		e.Request.Via = via
		if text := eventPageOf(t, e); !strings.Contains(text, want) {
			t.Errorf("%s: no %q in %s", via, want, text)
		}
	}
}

func TestWhoKilledIt(t *testing.T) {
	for by, want := range map[event.Killer]string{
		event.ByLimit:      "ended by SIGKILL, sent by the kernel, at a resource limit.",
		event.BySupervisor: "ended by SIGKILL, sent by backstop run, its supervisor.",
		event.BySelf:       "ended by SIGKILL, sent by the process itself.",
		"":                 "ended by SIGKILL.",
		"aliens":           "ended by SIGKILL, sent by aliens.",
	} {
		e := oomKill()
		e.Exit.OOM, e.Exit.By = false, by
		text := eventPageOf(t, e)
		if !strings.Contains(text, want) || strings.Contains(text, "Signal sent by") != (by != "") {
			t.Errorf("%q: no %q in %s", by, want, text)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "", 0: "0 ms", 999 * time.Millisecond: "999 ms", 1500 * time.Millisecond: "1.5 s", 75 * time.Second: "1 min", 1e6 * time.Hour: "",
	} {
		if got := age(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
