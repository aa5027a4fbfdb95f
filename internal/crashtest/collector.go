package crashtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// A Collector is a stand-in for `backstop serve`: it keeps what it is sent, and
// can be told to misbehave.
type Collector struct {
	URL string

	mu      sync.Mutex
	events  []json.RawMessage
	hellos  []json.RawMessage
	keys    []string
	status  func(events [][]byte) int
	stalled chan struct{} // requests wait until it is closed
	tries   int
}

// NewCollector starts a collector that ends with the test.
func NewCollector(tb testing.TB) *Collector {
	tb.Helper()
	c := &Collector{}
	srv := httptest.NewServer(c)
	c.URL = srv.URL
	tb.Cleanup(func() {
		c.Resume()
		srv.CloseClientConnections()
		srv.Close()
	})
	return c
}

// Answer makes the collector answer POST /api/v1/events with what f returns;
// events are kept only after 2xx. nil restores the ordinary 200.
func (c *Collector) Answer(f func(events [][]byte) int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = f
}

// Stall makes requests hang until Resume, or until their client gives up.
func (c *Collector) Stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stalled == nil {
		c.stalled = make(chan struct{})
	}
}

// Resume lets stalled requests go on.
func (c *Collector) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stalled != nil {
		close(c.stalled)
		c.stalled = nil
	}
}

// Events returns what was accepted so far.
func (c *Collector) Events() []json.RawMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]json.RawMessage(nil), c.events...)
}

// Hellos returns the instances announced so far.
func (c *Collector) Hellos() []json.RawMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]json.RawMessage(nil), c.hellos...)
}

// Keys returns the X-Backstop-Key of each request.
func (c *Collector) Keys() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.keys...)
}

// Tries returns how many requests came, answered or not.
func (c *Collector) Tries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

// ServeHTTP implements the two paths senders use.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	c.mu.Lock()
	c.tries++
	c.keys = append(c.keys, r.Header.Get("X-Backstop-Key"))
	stalled := c.stalled
	c.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-r.Context().Done():
			return
		}
	}
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	lines := split(body)
	switch r.URL.Path {
	case "/api/v1/hello":
		c.mu.Lock()
		defer c.mu.Unlock()
		c.hellos = append(c.hellos, body)
	case "/api/v1/events":
		c.take(w, lines)
	default:
		http.NotFound(w, r)
	}
}

func (c *Collector) take(w http.ResponseWriter, lines [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := http.StatusOK
	if c.status != nil {
		status = c.status(lines)
	}
	for _, line := range lines {
		if !json.Valid(line) {
			status = http.StatusBadRequest
		}
	}
	if status >= 200 && status < 300 {
		for _, line := range lines {
			c.events = append(c.events, json.RawMessage(line))
		}
	}
	w.WriteHeader(status)
}

func split(body []byte) [][]byte {
	var lines [][]byte
	s := bufio.NewScanner(bytes.NewReader(body))
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		if len(s.Bytes()) > 0 {
			lines = append(lines, bytes.Clone(s.Bytes()))
		}
	}
	return lines
}
