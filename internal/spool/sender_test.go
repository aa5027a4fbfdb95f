package spool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// ids returns the event ids a collector has, in order, and the drops it was
// told of.
func ids(t testing.TB, c *crashtest.Collector) (got []string, dropped uint64) {
	t.Helper()
	for _, raw := range c.Events() {
		var e event.Event
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e.ID)
		dropped += e.Dropped
	}
	return got, dropped
}

func fill(t testing.TB, s *Spool, n int) {
	t.Helper()
	for i := range n {
		if err := s.Add(payload(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDrainDeliversInOrderAndOnce(t *testing.T) {
	c := crashtest.NewCollector(t)
	s := open(t, t.TempDir(), Options{})
	fill(t, s, 250)
	out := Sender{URL: c.URL + "/", Key: "k1"}
	sent, err := out.Drain(context.Background(), s)
	if err != nil || sent != 250 {
		t.Fatalf("Drain: %d, %v", sent, err)
	}
	got, _ := ids(t, c)
	if len(got) != 250 {
		t.Fatalf("%d events arrived", len(got))
	}
	for i, id := range got {
		if want := fmt.Sprintf("%032x", i); id != want {
			t.Fatalf("event %d is %s, want %s", i, id, want)
		}
	}
	if n := len(c.Keys()); n != 3 || c.Keys()[0] != "k1" {
		t.Errorf("%d requests with keys %v, want 3 batches with k1", n, c.Keys())
	}
	if n := pending(t, s); n != 0 {
		t.Errorf("%d events left", n)
	}
	if sent, err := out.Drain(context.Background(), s); sent != 0 || err != nil {
		t.Errorf("Drain of an empty spool: %d, %v", sent, err)
	}
}

func TestDropsAreToldOnce(t *testing.T) {
	c := crashtest.NewCollector(t)
	s := open(t, t.TempDir(), Options{})
	for _, n := range []uint64{3, 0, 39} {
		if err := s.CountDropped(n); err != nil {
			t.Fatal(err)
		}
	}
	out := Sender{URL: c.URL}
	fill(t, s, 2)
	c.Answer(func([][]byte) int { return http.StatusServiceUnavailable })
	if _, err := out.Drain(context.Background(), s); err == nil {
		t.Fatal("Drain took 503 for success")
	}
	if err := s.CountDropped(8); err != nil { // while an attempt has failed
		t.Fatal(err)
	}
	c.Answer(nil)
	for i := range 2 {
		if _, err := out.Drain(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		fill(t, s, 1+i)
	}
	if _, err := out.Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	if _, dropped := ids(t, c); dropped != 50 {
		t.Errorf("the collector was told of %d drops, want 50", dropped)
	}
	if n := s.Dropped(); n != 0 {
		t.Errorf("%d drops still untold", n)
	}
}

// TestCountsOfDropsAreBounded drops for a long time without a collector.
func TestCountsOfDropsAreBounded(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	before := sizes(t, s.Dir())
	const drops = 3000
	for range drops {
		if err := s.CountDropped(1); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Dropped(); n != drops {
		t.Errorf("%d drops, want %d", n, drops)
	}
	if after := sizes(t, s.Dir()); after != before {
		t.Errorf("the directory has %d bytes, before %d: on a full disk that cannot be", after, before)
	}
}

func sizes(t *testing.T, dir string) (all int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		all += info.Size()
	}
	return all
}

// TestDropsOutliveAFullDisk has the disk refuse events and counts for a while.
func TestDropsOutliveAFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, dir, Options{})
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // or it would be made again
		t.Fatal(err)
	}
	for i := range 3 {
		if err := s.Add(payload(i)); err == nil {
			t.Fatal("Add into nothing succeeded")
		}
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	if err := s.CountDropped(1); err != nil {
		t.Fatal(err)
	}
	if n := s.Dropped(); n != 4 {
		t.Errorf("%d drops, want 4", n)
	}
}

// TestOneBadEventDoesNotStopTheOthers has the collector refuse what is poison.
func TestOneBadEventDoesNotStopTheOthers(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			c := crashtest.NewCollector(t)
			c.Answer(func(events [][]byte) int {
				for _, e := range events {
					if bytes.Contains(e, []byte("poison")) {
						return status
					}
				}
				return http.StatusOK
			})
			s := open(t, t.TempDir(), Options{})
			fill(t, s, 7)
			if err := s.Add([]byte(`{"event_id":"poison"}`)); err != nil {
				t.Fatal(err)
			}
			fill(t, s, 5)
			out := Sender{URL: c.URL}
			if sent, err := out.Drain(context.Background(), s); sent != 12 || err != nil {
				t.Fatalf("Drain: %d, %v, want 12", sent, err)
			}
			got, told := ids(t, c)
			if len(got) != 12 {
				t.Errorf("%d events arrived, want 12", len(got))
			}
			if s.Rejected() != 1 || told+s.Dropped() != 1 || pending(t, s) != 0 {
				t.Errorf("rejected %d, dropped %d, pending %d; want 1, 1, 0", s.Rejected(), told+s.Dropped(), pending(t, s))
			}
		})
	}
}

func TestCorruptFilesDoNotBlock(t *testing.T) {
	c := crashtest.NewCollector(t)
	s := open(t, t.TempDir(), Options{})
	for i, text := range []string{"", "{", "[1]", "null", `{"a":1} trailing`, "\xff\xfe"} {
		name := fmt.Sprintf("%020d-1-%d-%d.json", i, i, len(text))
		if err := os.WriteFile(filepath.Join(s.Dir(), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.Dir(), fmt.Sprintf("%020d-1-1-0.json", 99)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir(), "notes.txt"), []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Add([]byte("{\n  \"event_id\": \"indented\"\r\n}\n")); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 1)
	sent, err := (&Sender{URL: c.URL}).Drain(context.Background(), s)
	if sent != 2 || err != nil {
		t.Fatalf("Drain: %d, %v, want 2", sent, err)
	}
	if s.Rejected() != 7 || pending(t, s) != 0 {
		t.Errorf("rejected %d, pending %d, want 7 and 0", s.Rejected(), pending(t, s))
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), "notes.txt")); err != nil {
		t.Error("somebody else's file was touched")
	}
}

func TestRejectedIsBounded(t *testing.T) {
	c := crashtest.NewCollector(t)
	c.Answer(func([][]byte) int { return http.StatusBadRequest })
	s := open(t, t.TempDir(), Options{})
	fill(t, s, maxRejected+20)
	if _, err := (&Sender{URL: c.URL}).Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	if n := s.Rejected(); n != maxRejected {
		t.Errorf("%d rejected events are kept, want %d", n, maxRejected)
	}
	if n := s.Dropped(); n != maxRejected+20 {
		t.Errorf("%d counted as dropped, want all %d", n, maxRejected+20)
	}
}

func TestEventsStayWhenTheCollectorCannot(t *testing.T) {
	c := crashtest.NewCollector(t)
	s := open(t, t.TempDir(), Options{})
	fill(t, s, 3)
	out := Sender{URL: c.URL}
	for status, want := range map[int]string{
		http.StatusUnauthorized:        "check the key",
		http.StatusForbidden:           "check the key",
		http.StatusNotFound:            "404",
		http.StatusTooManyRequests:     "429",
		http.StatusInternalServerError: "500",
		http.StatusFound:               "check the URL",
	} {
		c.Answer(func([][]byte) int { return status })
		_, err := out.Drain(context.Background(), s)
		var e *StatusError
		if !errors.As(err, &e) || e.Code != status || !strings.Contains(err.Error(), want) {
			t.Errorf("status %d: error %v, want a StatusError with %q", status, err, want)
		}
		if n := pending(t, s); n != 3 {
			t.Fatalf("status %d: %d events left, want 3", status, n)
		}
	}
	if _, err := (&Sender{URL: "http://127.0.0.1:1"}).Drain(context.Background(), s); err == nil || pending(t, s) != 3 {
		t.Errorf("unreachable collector: %v, %d left", err, pending(t, s))
	}
	c.Answer(nil)
	if sent, err := out.Drain(context.Background(), s); sent != 3 || err != nil {
		t.Errorf("after recovery: %d, %v", sent, err)
	}
}

func TestRefusalSaysWhatTheCollectorSaid(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintln(w, `{"error":"a project key is needed","hint":"for a client"}`)
	}))
	defer srv.Close()
	err := (&Sender{URL: srv.URL}).Hello(context.Background(), new(event.Hello))
	if err == nil || !strings.HasSuffix(err.Error(), "(check the key): a project key is needed") {
		t.Errorf("error %v, want the reason without its JSON", err)
	}
}

func TestRetryAfterIsRead(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		http.Error(w, "busy\nsecond line", http.StatusTooManyRequests)
	}))
	defer srv.Close()
	err := (&Sender{URL: srv.URL}).Hello(context.Background(), new(event.Hello))
	var e *StatusError
	if !errors.As(err, &e) || e.RetryAfter != 7*time.Second || e.Body != "busy" {
		t.Errorf("error %#v, want Retry-After of 7 s and the first line of the body", err)
	}
}

func TestDrainGivesUpOnAHangingCollector(t *testing.T) {
	c := crashtest.NewCollector(t)
	c.Stall()
	s := open(t, t.TempDir(), Options{})
	fill(t, s, 1)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := (&Sender{URL: c.URL}).Drain(ctx, s)
		done <- err
	}()
	crashtest.Eventually(t, "the request arrives", func() bool { return c.Tries() > 0 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || pending(t, s) != 1 {
		t.Errorf("error %v with %d left, want context.Canceled and 1", err, pending(t, s))
	}
}

// TestManyDrainersSendOnce drains one directory from all sides while others
// still add to it.
func TestManyDrainersSendOnce(t *testing.T) {
	c := crashtest.NewCollector(t)
	dir := t.TempDir()
	const writers, each = 3, 60
	var adding, draining sync.WaitGroup
	for w := range writers {
		s := open(t, dir, Options{})
		adding.Add(1)
		go func() {
			defer adding.Done()
			for i := range each {
				if err := s.Add(payload(w*each + i)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range 4 {
		s := open(t, dir, Options{})
		draining.Add(1)
		go func() {
			defer draining.Done()
			for range 20 {
				if _, err := (&Sender{URL: c.URL}).Drain(context.Background(), s); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	adding.Wait()
	draining.Wait()
	s := open(t, dir, Options{})
	if _, err := (&Sender{URL: c.URL}).Drain(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	got, _ := ids(t, c)
	seen := map[string]bool{}
	for _, id := range got {
		if seen[id] {
			t.Errorf("event %s was sent twice", id)
		}
		seen[id] = true
	}
	if len(seen) != writers*each {
		t.Errorf("%d of %d events arrived", len(seen), writers*each)
	}
}

// TestLockOfTheDeadIsFree starts a process that takes the lock and dies with it.
func TestLockOfTheDeadIsFree(t *testing.T) {
	c := crashtest.NewCollector(t)
	s := open(t, t.TempDir(), Options{})
	fill(t, s, 1)
	r := crashtest.Run(t, "die-with-lock", crashtest.Options{Args: []string{s.Dir()}})
	if r.Exit != 3 {
		t.Fatalf("helper: exit %d\n%s", r.Exit, r.Stderr)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if sent, err := (&Sender{URL: c.URL}).Drain(ctx, s); sent != 1 || err != nil {
		t.Errorf("Drain after the death of a drainer: %d, %v", sent, err)
	}
}

func TestMain(m *testing.M) { crashtest.Main(m, programs) }

// programs are what the test binary does when it starts itself again.
var programs = map[string]crashtest.Program{
	"die-with-lock": func(args []string) {
		unlock, err := tryLock(filepath.Join(args[0], lockFile))
		if err != nil || unlock == nil {
			fmt.Fprintln(os.Stderr, "lock:", err)
			os.Exit(4)
		}
		os.Exit(3)
	},
}

func TestDrainWaitsForAnother(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	unlock, err := tryLock(filepath.Join(s.Dir(), lockFile))
	if err != nil || unlock == nil {
		t.Fatal("no lock:", err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&Sender{URL: "http://127.0.0.1:1"}).Drain(ctx, s); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "another sender") {
		t.Errorf("error %v, want one that names the other sender", err)
	}
}

func BenchmarkAdd(b *testing.B) {
	s := open(b, b.TempDir(), Options{MaxFiles: 1 << 30, MaxBytes: 1 << 40})
	data := append(append([]byte(`{"a":"`), bytes.Repeat([]byte("x"), 3000)...), `"}`...)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if err := s.Add(data); err != nil {
			b.Fatal(err)
		}
	}
}
