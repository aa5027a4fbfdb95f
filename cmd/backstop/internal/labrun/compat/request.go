package compat

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Addr stands in a command and its requests for a free address of this machine,
// another one for each run.
const Addr = "{addr}"

// A Request is sent to a service.
type Request struct {
	Method, URL string
	Body        string // may be empty
}

func (r Request) String() string { return r.Method + " " + r.URL }

// ParseRequest reads "METHOD URL" or "METHOD URL BODY".
func ParseRequest(s string) (Request, error) {
	method, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	link, body, _ := strings.Cut(strings.TrimSpace(rest), " ")
	r := Request{method, link, strings.TrimSpace(body)}
	u, err := url.Parse(strings.ReplaceAll(link, Addr, "127.0.0.1:1"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || method != strings.ToUpper(method) {
		return r, errors.New("want METHOD URL, or METHOD URL BODY")
	}
	return r, nil
}

// at puts the address of this run in.
func (r Request) at(addr string) Request {
	r.URL = strings.ReplaceAll(r.URL, Addr, addr)
	return r
}

// host is the address that has to accept connections.
func (r Request) host() string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// A shot is a request that was sent.
type shot struct {
	request     int // which
	trace       string
	status      int    // of the answer; 0: there was none
	err         string // why
	hung        bool   // it was given up
	first, last int    // the passes of points meanwhile: [first, last)
}

// send sends a request with a trace id of its own.
func send(ctx context.Context, n int, r Request, wait time.Duration) shot {
	s := shot{request: n, trace: random(16)}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(r.Body))
	if err != nil {
		s.err = err.Error()
		return s
	}
	if strings.HasPrefix(r.Body, "{") || strings.HasPrefix(r.Body, "[") {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Traceparent", "00-"+s.trace+"-"+random(8)+"-01")
	// A connection for each: the other end may die.
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 8<<20))
		_ = res.Body.Close()
	}
	switch {
	case err == nil:
		s.status = res.StatusCode
	case ctx.Err() != nil:
		s.hung, s.err = true, fmt.Sprintf("no answer within %v", wait)
	default:
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		s.err = err.Error()
	}
	return s
}

// ok reports whether it was answered as by a program in good health.
func (s shot) ok() bool { return s.status > 0 && s.status < http.StatusInternalServerError }

func (s shot) outcome() string {
	if s.status > 0 {
		return fmt.Sprintf("%d %s", s.status, http.StatusText(s.status))
	}
	return oneLine(s.err)
}

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// freeAddr is an address that nobody listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// accepts reports whether somebody listens.
func accepts(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
