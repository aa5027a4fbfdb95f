package spool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/event"
)

const lockFile = ".lock"

// Limits of one request.
const (
	batchEvents = 100
	batchBytes  = 1 << 20
)

// A Sender delivers events to a collector.
type Sender struct {
	URL    string       // of the collector, "http://127.0.0.1:7070"
	Key    string       // sent in X-Backstop-Key when not empty
	Client *http.Client // NewClient() when nil
}

// NewClient returns a client for a Sender: it gives up a request after ten
// seconds, keeps no connection open (an idle one would keep Go's deadlock
// detector from working) and follows no redirect (that would hand the key to
// somebody else).
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A StatusError is a collector's refusal.
type StatusError struct {
	Code       int
	Body       string        // "error" of a JSON answer, else its text: the first line, at most 200 bytes
	RetryAfter time.Duration // 0 when the collector did not say
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("collector answered %d %s", e.Code, http.StatusText(e.Code))
	switch {
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusForbidden:
		text += " (check the key)"
	case e.Code >= 300 && e.Code < 400:
		text += " (redirects are not followed: check the URL)"
	}
	if e.Body != "" {
		text += ": " + e.Body
	}
	return text
}

// rejects reports whether the collector will never take what it was sent.
func (e *StatusError) rejects() bool {
	switch e.Code {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// Drain delivers the events of the spool, oldest first, until it is empty or
// the collector cannot take them. It waits while another process drains the
// same directory. An event the collector refuses for what it is (400, 413, 422)
// is moved to the folder "rejected" and does not stop the others; after any
// other answer but 2xx the events stay, and the error is a *StatusError.
func (s *Sender) Drain(ctx context.Context, sp *Spool) (sent int, err error) {
	unlock, err := lock(ctx, sp.dir)
	if err != nil {
		return 0, fmt.Errorf("drain spool: %w", err)
	}
	defer unlock()
	for {
		entries, err := sp.list()
		if err != nil {
			return sent, err
		}
		if len(entries) == 0 {
			return sent, nil
		}
		n, err := s.drainSome(ctx, sp, entries)
		sent += n
		if err != nil {
			return sent, fmt.Errorf("drain spool: %w", err)
		}
	}
}

// lock waits for the drain lock until ctx is done.
func lock(ctx context.Context, dir string) (func(), error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		unlock, err := tryLock(dir)
		if unlock != nil || err != nil {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for another sender: %w", ctx.Err())
		case <-time.After(wait):
		}
	}
}

// An item is an event read from its file.
type item struct {
	entry
	payload []byte
}

// drainSome delivers the first batch of entries.
func (s *Sender) drainSome(ctx context.Context, sp *Spool, entries []entry) (int, error) {
	var batch []item
	size := 0
	for _, e := range entries {
		payload, err := sp.read(e.name)
		if isNotExist(err) {
			continue // delivered by a drainer whose lock we could not see
		}
		if err != nil || payload == nil {
			if err := sp.reject(e); err != nil {
				return 0, err
			}
			continue
		}
		batch = append(batch, item{e, payload})
		size += len(payload)
		if len(batch) == batchEvents || size >= batchBytes {
			break
		}
	}
	return s.deliver(ctx, sp, batch)
}

// deliver sends a batch. When the collector refuses it, the halves are tried,
// down to the one event that is to blame.
func (s *Sender) deliver(ctx context.Context, sp *Spool, batch []item) (int, error) {
	if len(batch) == 0 {
		return 0, nil
	}
	dropped := sp.takeDropped()
	err := s.post(ctx, "/api/v1/events", body(batch, dropped))
	var status *StatusError
	if errors.As(err, &status) && status.rejects() {
		if len(batch) == 1 {
			return 0, sp.reject(batch[0].entry)
		}
		half := len(batch) / 2
		first, err := s.deliver(ctx, sp, batch[:half])
		if err != nil {
			return first, err
		}
		second, err := s.deliver(ctx, sp, batch[half:])
		return first + second, err
	}
	if err != nil {
		return 0, err
	}
	if dropped > 0 {
		sp.forgetDropped()
	}
	for _, it := range batch {
		if err := sp.remove(it.entry); err != nil {
			return 0, err
		}
	}
	return len(batch), nil
}

// body makes JSON Lines of a batch. The first event carries the number of
// dropped ones; spooled events have none of their own.
func body(batch []item, dropped uint64) []byte {
	var b bytes.Buffer
	for i, it := range batch {
		payload := bytes.TrimRight(it.payload, " \t\r\n")
		if i == 0 && dropped > 0 && bytes.HasSuffix(payload, []byte("}")) {
			b.Write(payload[:len(payload)-1])
			b.WriteString(`,"dropped":` + strconv.FormatUint(dropped, 10) + "}\n")
			continue
		}
		b.Write(payload)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// Hello announces an instance to the collector.
func (s *Sender) Hello(ctx context.Context, h event.Hello) error {
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	if err := s.post(ctx, "/api/v1/hello", data); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	return nil
}

func (s *Sender) post(ctx context.Context, path string, data []byte) error {
	url := strings.TrimRight(s.URL, "/") + path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return err
	}
	kind := "application/x-ndjson"
	if strings.HasSuffix(path, "/hello") {
		kind = "application/json"
	}
	req.Header.Set("Content-Type", kind)
	if s.Key != "" {
		req.Header.Set("X-Backstop-Key", s.Key)
	}
	client := s.Client
	if client == nil {
		client = NewClient()
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // only explains a refusal
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil
	}
	return refusal(resp, text)
}

func refusal(resp *http.Response, text []byte) error {
	said := string(text)
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(text, &answer) == nil && answer.Error != "" {
		said = answer.Error
	}
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	e := &StatusError{Code: resp.StatusCode, Body: strings.ToValidUTF8(line[:min(len(line), 200)], "")}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}

// read returns a waiting event on one line, nil when the file holds none.
func (s *Spool) read(name string) ([]byte, error) {
	path := filepath.Join(s.dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > MaxPayload {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimSpace(data)
	if !bytes.HasPrefix(data, []byte("{")) || !json.Valid(data) {
		return nil, nil
	}
	if bytes.ContainsAny(data, "\r\n") {
		var one bytes.Buffer
		if err := json.Compact(&one, data); err != nil {
			return nil, err
		}
		data = one.Bytes()
	}
	return data, nil
}

func (s *Spool) remove(e entry) error {
	err := os.Remove(filepath.Join(s.dir, e.name))
	if err != nil && !isNotExist(err) {
		return err
	}
	s.release(e.size)
	return nil
}
