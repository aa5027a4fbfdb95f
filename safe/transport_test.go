package safe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/safe"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// body is a request body that does what it is told.
type body struct {
	read   func([]byte) (int, error)
	closed int
	close  func()
}

func (b *body) Read(p []byte) (int, error) { return b.read(p) }

func (b *body) Close() error {
	b.closed++
	if b.close != nil {
		b.close()
	}
	return nil
}

func eof([]byte) (int, error) { return 0, io.EOF }

func request(ctx context.Context, tb testing.TB, url string, b io.Reader) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, b)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// echo is a real server that answers with the request's body.
func echo(tb testing.TB) string {
	tb.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/early" {
			w.WriteHeader(http.StatusEarlyHints)
		}
		io.Copy(w, r.Body) //nolint:errcheck // bodies that break off are part of the test
	}))
	tb.Cleanup(srv.Close)
	return srv.URL
}

func TestTransport(t *testing.T) {
	got := reports(t)
	url := echo(t)
	client := &http.Client{Transport: safe.Transport(nil)}
	defer client.CloseIdleConnections()
	for name, b := range map[string]io.Reader{
		"none": nil, "no": http.NoBody, "bytes": bytes.NewReader([]byte("hello")), "text": strings.NewReader("hello"),
		"buffer": bytes.NewBufferString("hello"), "pipe": io.MultiReader(strings.NewReader("hello")),
	} {
		r := request(context.Background(), t, url, b)
		r.Header.Set("X-Mine", "1")
		header := r.Header.Clone()
		resp, err := client.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want := map[bool]string{true: "hello"}[b != nil && b != http.NoBody]; err != nil || string(text) != want {
			t.Errorf("%s: answer %q, %v, want %q", name, text, err, want)
		}
		if resp.Request != r || !reflect.DeepEqual(r.Header, header) {
			t.Errorf("%s: the request was exchanged or changed", name)
		}
	}
	boom := safe.Transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, errBoom }))
	if _, err := boom.RoundTrip(request(context.Background(), t, "http://stock.example/x", nil)); err != errBoom {
		t.Errorf("error %v, want it as it was", err)
	}
	boom.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	if n := len(got()); n != 0 {
		t.Errorf("%d reports, and nothing panicked", n)
	}
}

func TestTransportPanics(t *testing.T) {
	got := reports(t)
	boom := safe.Transport(roundTripper(func(*http.Request) (*http.Response, error) { raise(errBoom); return nil, nil }))
	b := &body{read: eof, close: func() { raise("in Close") }}
	var err error
	serving(func(r *http.Request) {
		_, err = boom.RoundTrip(request(r.Context(), t, "http://stock.example/x", b))
	})
	var s *safe.ServiceError
	if wantPanic(t, err, errBoom); !errors.As(err, &s) || s.Service != "stock.example" || b.closed != 1 {
		t.Errorf("error %v, closed %d times", err, b.closed)
	}
	all := got()
	if len(all) != 2 || all[0].Text != "boom" || all[1].Text != "in Close" {
		t.Fatalf("reports %+v", all)
	}
	for _, c := range all {
		wantTrace(t, c)
		wantTop(t, c, "raise")
	}
	exit := safe.Transport(roundTripper(func(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil }))
	onOwn(func() {
		exit.RoundTrip(request(context.Background(), t, "http://stock.example/x", nil)) //nolint:errcheck // does not return
		t.Error("Goexit did not end the goroutine")
	})
	if _, err := boom.RoundTrip(&http.Request{}); err == nil || err.Error() != "http: panic: boom" {
		t.Errorf("without a URL: %v", err)
	}
}

// TestTransportBody has the body panic on the goroutine of net/http's transport
// that writes it: without a guard the test would die.
func TestTransportBody(t *testing.T) {
	got := reports(t)
	url := echo(t)
	client := &http.Client{Transport: safe.Transport(nil)}
	defer client.CloseIdleConnections()
	var err error
	serving(func(r *http.Request) {
		_, err = client.Do(request(r.Context(), t, url, &body{read: func([]byte) (int, error) { raise(errBoom); return 0, nil }}))
	})
	wantPanic(t, err, errBoom)
	c := one(t, got(), "boom")
	wantTrace(t, c)
	wantTop(t, c, "raise")
}

// TestTransportGetBody asks the transport to send a body again.
func TestTransportGetBody(t *testing.T) {
	got := reports(t)
	again := safe.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
		b, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		_, err = b.Read(nil)
		return nil, err
	}))
	r := request(context.Background(), t, "http://stock.example/x", &body{read: eof})
	r.GetBody = func() (io.ReadCloser, error) { raise("in GetBody"); return nil, nil }
	_, err := again.RoundTrip(r)
	wantPanic(t, err, "in GetBody")
	r.GetBody = func() (io.ReadCloser, error) {
		return &body{read: func([]byte) (int, error) { raise("in Read"); return 0, nil }}, nil
	}
	_, err = again.RoundTrip(r)
	wantPanic(t, err, "in Read")
	r.GetBody = func() (io.ReadCloser, error) { return nil, errBoom }
	if _, err = again.RoundTrip(r); !errors.Is(err, errBoom) {
		t.Errorf("GetBody's error: %v", err)
	}
	if n := len(got()); n != 2 {
		t.Errorf("%d reports, want 2", n)
	}
}

// hooks returns a trace whose hooks all call f, with the hook's name. They are
// set by reflection, so that a hook that Go gains is not forgotten.
func hooks(f func(name string)) *httptrace.ClientTrace {
	t := new(httptrace.ClientTrace)
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		field.Set(reflect.MakeFunc(field.Type(), func([]reflect.Value) []reflect.Value {
			f(name)
			out := make([]reflect.Value, field.Type().NumOut())
			for j := range out {
				out[j] = reflect.Zero(field.Type().Out(j))
			}
			return out
		}))
	}
	return t
}

// TestTransportTrace has every hook panic, on whatever goroutine net/http calls
// it: the request goes on and each panic is reported.
func TestTransportTrace(t *testing.T) {
	got := reports(t)
	url := echo(t)
	client := &http.Client{Transport: safe.Transport(&http.Transport{})}
	defer client.CloseIdleConnections()
	serving(func(r *http.Request) {
		ctx := httptrace.WithClientTrace(r.Context(), hooks(func(name string) { raise(name) }))
		for _, early := range []string{"", "/early"} {
			// A hook that refuses an early response ends the request.
			resp, err := client.Do(request(ctx, t, url+early, strings.NewReader("hello")))
			if early != "" {
				wantPanic(t, err, "Got1xxResponse")
				continue
			}
			if err != nil {
				t.Error(err)
				return
			}
			if text, err := io.ReadAll(resp.Body); string(text) != "hello" || err != nil {
				t.Errorf("answer %q, %v", text, err)
			}
			resp.Body.Close()
		}
	})
	seen := make(map[string]bool)
	crashtest.Eventually(t, "the hooks' reports", func() bool {
		for _, c := range got() {
			seen[c.Text] = true
		}
		return seen["GetConn"] && seen["ConnectStart"] && seen["ConnectDone"] && seen["GotConn"] && seen["WroteHeaders"] &&
			seen["WroteHeaderField"] && seen["WroteRequest"] && seen["GotFirstResponseByte"] && seen["Got1xxResponse"] && seen["PutIdleConn"]
	})
	for _, c := range got() {
		wantTrace(t, c)
		wantTop(t, c, "raise")
	}
}

// TestEveryHookIsGuarded calls each hook of a guarded trace.
func TestEveryHookIsGuarded(t *testing.T) {
	got := reports(t)
	var guarded *httptrace.ClientTrace
	var other any
	rt := safe.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
		guarded = httptrace.ContextClientTrace(r.Context())
		other = r.Context().Value(key{})
		return nil, errBoom
	}))
	ctx := context.WithValue(context.Background(), key{}, "kept")
	rt.RoundTrip(request(httptrace.WithClientTrace(ctx, hooks(func(name string) { raise(name) })), t, "http://stock.example/x", nil)) //nolint:errcheck // errBoom
	if other != "kept" {
		t.Errorf("the context lost a value: %v", other)
	}
	v := reflect.ValueOf(guarded).Elem()
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		if field.IsNil() {
			t.Errorf("hook %s was lost", name)
			continue
		}
		before := len(got())
		args := make([]reflect.Value, field.Type().NumIn())
		for j := range args {
			args[j] = reflect.Zero(field.Type().In(j))
		}
		field.Call(args)
		if all := got(); len(all) != before+1 || all[before].Text != name {
			t.Errorf("hook %s: %d reports", name, len(all)-before)
		}
	}
	rt.RoundTrip(request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{}), t, "http://stock.example/x", nil)) //nolint:errcheck // errBoom
	if f := reflect.ValueOf(guarded).Elem(); !f.IsZero() {
		t.Error("hooks that were not set are set")
	}
	hook := guarded.Got1xxResponse
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(int, textproto.MIMEHeader) error { return errBoom },
	})
	rt.RoundTrip(request(ctx, t, "http://stock.example/x", nil)) //nolint:errcheck // errBoom
	if err := guarded.Got1xxResponse(103, nil); hook != nil || err != errBoom {
		t.Errorf("a hook's own error: %v", err)
	}
}

type key struct{}

func TestTransportDoesNotAllocate(t *testing.T) {
	rt := safe.Transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, nil }))
	r := request(context.Background(), t, "http://stock.example/x", bytes.NewReader([]byte("hello")))
	if n := testing.AllocsPerRun(100, func() {
		rt.RoundTrip(r) //nolint:errcheck // there is none
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestTransportBeforeStart works without the SDK.
func TestTransportBeforeStart(t *testing.T) {
	rt := safe.Transport(roundTripper(func(*http.Request) (*http.Response, error) { raise(errBoom); return nil, nil }))
	_, err := rt.RoundTrip(request(context.Background(), t, "http://stock.example/x", nil))
	var p *backstop.PanicError
	if !errors.As(err, &p) {
		t.Errorf("error %v", err)
	}
}
