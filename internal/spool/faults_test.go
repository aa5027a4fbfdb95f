package spool

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestRemovedDirectoryIsMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "spool")
	s := open(t, dir, Options{})
	c := crashtest.NewCollector(t)
	out := Sender{URL: c.URL}
	if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	if sent, err := out.Drain(context.Background(), s); sent != 0 || err != nil {
		t.Errorf("Drain of a directory that is gone: %d, %v", sent, err)
	}
	fill(t, s, 2)
	if sent, err := out.Drain(context.Background(), s); sent != 2 || err != nil {
		t.Errorf("Drain: %d, %v, want 2", sent, err)
	}
	if n := s.Dropped(); n != 0 {
		t.Errorf("%d events were dropped", n)
	}
}

// TestSpoolWorksOnceItsDirectoryDoes opens a spool where there can be none, as a
// program does that starts all the same.
func TestSpoolWorksOnceItsDirectoryDoes(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "parent")
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(parent, "spool"), Options{})
	if err == nil || s == nil {
		t.Fatalf("Open below a file: %v, %v; want a spool and an error", s, err)
	}
	c := crashtest.NewCollector(t)
	out := Sender{URL: c.URL}
	for i := range 3 {
		if err := s.Add(payload(i)); err == nil {
			t.Fatal("Add succeeded below a file")
		}
	}
	if _, err := out.Drain(context.Background(), s); err == nil {
		t.Error("Drain says nothing of a spool that cannot be")
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(payload(4)); err != nil {
		t.Fatal(err)
	}
	if sent, err := out.Drain(context.Background(), s); sent != 1 || err != nil {
		t.Fatalf("Drain: %d, %v, want 1", sent, err)
	}
	if _, dropped := ids(t, c); dropped != 3 {
		t.Errorf("the collector was told of %d drops, want 3", dropped)
	}
}

// TestForeignFilesAreLeftAlone has names that look like ours at a glance, and
// one that is ours but lies about its size.
func TestForeignFilesAreLeftAlone(t *testing.T) {
	c := crashtest.NewCollector(t)
	s := open(t, t.TempDir(), Options{MaxBytes: 10 * MaxPayload})
	foreign := []string{"backup-2026.json", "package-1.json", "a-b-c-4.json", "00000000000000000001-1-1.json", "-1-2-3.json", ".json"}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(s.Dir(), name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	liar := "00000000000000000001-1-1-9223372036854775807.json"
	if err := os.WriteFile(filepath.Join(s.Dir(), liar), []byte(`{"event_id":"liar"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, s.Dir(), Options{MaxBytes: 10 * MaxPayload})
	fill(t, s, 1)
	if sent, err := (&Sender{URL: c.URL}).Drain(context.Background(), s); sent != 2 || err != nil {
		t.Errorf("Drain: %d, %v, want 2", sent, err)
	}
	for _, name := range foreign {
		if _, err := os.Stat(filepath.Join(s.Dir(), name)); err != nil {
			t.Errorf("somebody else's file was touched: %v", err)
		}
	}
}

// TestAnotherServer points a sender at servers that are no collector: what they
// say must cost no event.
func TestAnotherServer(t *testing.T) {
	const page = "<html><body>Welcome</body></html>"
	for name, answer := range map[string]http.HandlerFunc{
		"a page with 200": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, page) },
		"a proxy's 400":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, page, http.StatusBadRequest) },
		"plain HTTP to TLS": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Client sent an HTTP request to an HTTPS server.", http.StatusBadRequest)
		},
		"garbage with 201": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "\x00\xff\x01")
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(answer)
			defer srv.Close()
			s := open(t, t.TempDir(), Options{})
			fill(t, s, 3)
			_, err := (&Sender{URL: srv.URL}).Drain(context.Background(), s)
			var status *StatusError
			if !errors.As(err, &status) || !strings.Contains(err.Error(), "check the URL") {
				t.Errorf("error %v, want one that says what to check", err)
			}
			if n := pending(t, s); n != 3 || s.Rejected() != 0 || s.Dropped() != 0 {
				t.Errorf("%d wait, %d rejected, %d dropped; want 3, 0, 0", n, s.Rejected(), s.Dropped())
			}
		})
	}
}

// rawServer answers each connection, once its request has come, with what f does.
func rawServer(t *testing.T, f func(c net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				io.Copy(io.Discard, req.Body) //nolint:errcheck // a client that left
				f(conn)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestBrokenConnections(t *testing.T) {
	for name, f := range map[string]func(net.Conn){
		"reset":   func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) },
		"closed":  func(net.Conn) {},
		"garbage": func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n") },
		"half a head": func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir(), Options{})
			fill(t, s, 3)
			if sent, err := (&Sender{URL: rawServer(t, f)}).Drain(context.Background(), s); sent != 0 || err == nil {
				t.Errorf("Drain: %d, %v, want an error", sent, err)
			}
			if n := pending(t, s); n != 3 || s.Rejected() != 0 {
				t.Errorf("%d wait, %d rejected; want 3, 0", n, s.Rejected())
			}
		})
	}
}

// TestAcceptedButCut has the collector accept, and the connection break in the
// body of its answer: the status stands at the head, so nothing is sent twice.
func TestAcceptedButCut(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	fill(t, s, 3)
	url := rawServer(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"accepted\":")
	})
	if sent, err := (&Sender{URL: url}).Drain(context.Background(), s); sent != 3 || err != nil || pending(t, s) != 0 {
		t.Errorf("Drain: %d, %v, %d left; want 3 and none", sent, err, pending(t, s))
	}
}

// TestPartialRefusal has a collector take a batch except for one event of it.
func TestPartialRefusal(t *testing.T) {
	var got []event.Event
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := json.NewDecoder(r.Body)
		for {
			var e event.Event
			if d.Decode(&e) != nil {
				break
			}
			got = append(got, e)
		}
		if len(got) == 4 {
			io.WriteString(w, `{"accepted":3,"duplicates":0,"rejected_count":1,"rejected":[{"index":0,"error":"bad"},{"index":99,"error":"?"}]}`)
			return
		}
		io.WriteString(w, `{"accepted":1}`)
	}))
	defer srv.Close()
	s := open(t, t.TempDir(), Options{})
	if err := s.CountDropped(5); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 4)
	out := Sender{URL: srv.URL}
	if sent, err := out.Drain(context.Background(), s); sent != 3 || err != nil {
		t.Errorf("Drain: %d, %v, want 3", sent, err)
	}
	if s.Rejected() != 1 || pending(t, s) != 0 {
		t.Errorf("%d rejected, %d wait; want 1, 0", s.Rejected(), pending(t, s))
	}
	fill(t, s, 1)
	if _, err := out.Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	// The event that was refused had carried the count: another one tells it.
	if last := got[len(got)-1]; last.Dropped != 6 {
		t.Errorf("told of %d drops, want 5 and the refused one", last.Dropped)
	}
}

// TestLostAnswer has the collector take a batch whose answer is lost, and the
// clock jump back meanwhile, so that a new event stands before those. The count
// of drops goes with the same event again: the collector knows that one.
func TestLostAnswer(t *testing.T) {
	c := crashtest.NewCollector(t)
	s := open(t, t.TempDir(), Options{})
	if err := s.CountDropped(7); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 2)
	lost := rawServer(t, func(net.Conn) {})
	if _, err := (&Sender{URL: lost}).Drain(context.Background(), s); err == nil {
		t.Fatal("Drain without an answer succeeded")
	}
	early := filepath.Join(s.Dir(), fmt.Sprintf("%020d-1-1-%d.json", 1, len(payload(9))))
	if err := os.WriteFile(early, payload(9), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.CountDropped(2); err != nil {
		t.Fatal(err)
	}
	s = open(t, s.Dir(), Options{}) // by the next process
	out := Sender{URL: c.URL}
	if _, err := out.Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	var carried []string
	for _, raw := range c.Events() {
		var e event.Event
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		if e.Dropped > 0 {
			carried = append(carried, fmt.Sprintf("%s:%d", e.ID[30:], e.Dropped))
		}
	}
	if want := "00:7"; strings.Join(carried, " ") != want {
		t.Errorf("drops came with events %v, want %s", carried, want)
	}
	fill(t, s, 1)
	if _, err := out.Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	if _, dropped := ids(t, c); dropped != 9 || s.Dropped() != 0 {
		t.Errorf("told of %d drops with %d untold, want 9 and 0", dropped, s.Dropped())
	}
}

// TestLastEventNeedsNoDisk has the disk refuse the event that ends a process:
// who drains afterwards delivers it from memory, and counts it as dropped only as
// long as that is so.
func TestLastEventNeedsNoDisk(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "parent")
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(parent, "spool"), Options{})
	if err == nil {
		t.Fatal("a spool below a file")
	}
	c := crashtest.NewCollector(t)
	out := Sender{URL: c.URL}
	for i := range 2 { // one is held, not all
		if err := s.AddLast(payload(i)); err == nil {
			t.Fatal("AddLast says nothing of a disk that refuses")
		}
	}
	c.Answer(func([][]byte) int { return http.StatusServiceUnavailable })
	if _, err := out.Drain(context.Background(), s); err == nil {
		t.Error("Drain took 503 for success")
	}
	c.Answer(nil)
	if sent, err := out.Drain(context.Background(), s); sent != 1 || err == nil {
		t.Errorf("Drain: %d, %v; want 1, and an error since there is no directory", sent, err)
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 1)
	if _, err := out.Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	got, dropped := ids(t, c)
	if want := []string{fmt.Sprintf("%032x", 1), fmt.Sprintf("%032x", 0)}; strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the collector has %v, want %v", got, want)
	}
	if dropped != 1 || s.Dropped() != 0 {
		t.Errorf("told of %d drops with %d untold, want the one that was not held", dropped, s.Dropped())
	}
}

// TestNothingIsWrittenElsewhere counts drops of spools without a directory.
func TestNothingIsWrittenElsewhere(t *testing.T) {
	theirs := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(theirs, link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", link} {
		s, err := Open(dir, Options{})
		if err == nil {
			t.Fatalf("Open took %q", dir)
		}
		if err := s.AddLast(payload(1)); err == nil {
			t.Error("AddLast succeeded")
		}
		if err := s.CountDropped(3); err == nil {
			t.Error("CountDropped succeeded")
		}
		if _, err := (&Sender{URL: "http://127.0.0.1:1"}).Drain(context.Background(), s); err == nil {
			t.Error("Drain succeeded")
		}
	}
	entries, err := os.ReadDir(theirs)
	if err != nil || len(entries) > 0 {
		t.Errorf("written into somebody else's directory: %v, %v", entries, err)
	}
	for _, name := range []string{countLock, droppedFile, toldFile, lockFile} {
		if _, err := os.Stat("/" + name); err == nil {
			t.Errorf("/%s was written", name)
		}
	}
}

// TestNamesDiffer has spools of two containers, in which pids are equal and the
// clock may be.
func TestNamesDiffer(t *testing.T) {
	a, b := open(t, t.TempDir(), Options{}), open(t, t.TempDir(), Options{})
	if a.seq>>8 == b.seq>>8 {
		t.Errorf("two spools begin to count at %d and %d", a.seq, b.seq)
	}
}
