package ingest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/event"
)

func one(message string) string { return fmt.Sprintf(`{"service":"s","message":%q}`, message) }

// TestDecode shows what becomes of a body: the messages of the events that were
// taken, and the rejections.
func TestDecode(t *testing.T) {
	big := `{"service":"s","message":"` + strings.Repeat("x", 2000) + `"}`
	for _, c := range []struct {
		name, body string
		want       []string
		rejected   []int
	}{
		{"one object", one("a"), []string{"a"}, nil},
		{"an indented object", "{\n  \"service\": \"s\",\n  \"message\": \"a\"\n}\n", []string{"a"}, nil},
		{"an array", "[" + one("a") + " , " + one("b") + "]", []string{"a", "b"}, nil},
		{"JSON Lines", one("a") + "\n" + one("b") + "\n\n", []string{"a", "b"}, nil},
		{"JSON Lines of Windows", one("a") + "\r\n" + one("b") + "\r\n", []string{"a", "b"}, nil},
		{"a byte order mark", "\xef\xbb\xbf" + one("a"), []string{"a"}, nil},
		{"a bad line", one("a") + "\nnonsense\n" + one("b"), []string{"a", "b"}, []int{1}},
		{"a line cut off", one("a") + "\n{\"service\":\"s\",\"mess\n" + one("b"), []string{"a", "b"}, []int{1}},
		{"a line without its last brace", "{\"service\":\"s\"\n" + one("b"), []string{"b"}, []int{0}},
		{"a line that swallows the next", "{\"service\":\"s\",\"a\":{\n" + one("b") + "}}\n" + one("c"), []string{"b", "c"}, []int{0, 2}},
		{"the last line cut off", one("a") + "\n" + `{"service":"s","mes`, []string{"a"}, []int{1}},
		{"a bad element", "[" + one("a") + ",7," + one("b") + "]", []string{"a", "b"}, []int{1}},
		{"an element without a service", "[" + `{"message":"x"},` + one("b") + "]", []string{"b"}, []int{0}},
		{"an array cut off", "[" + one("a") + "," + `{"service":`, []string{"a"}, []int{1}},
		{"an element that is too large", "[" + one("a") + "," + big + "," + one("b") + "]", []string{"a", "b"}, []int{1}},
		{"a line that is too large", one("a") + "\n" + big + "\n" + one("b"), []string{"a", "b"}, []int{1}},
		{"braces in strings", one(`}{][","`) + one("b"), []string{`}{][","`, "b"}, nil},
		{"quotes in strings", one(`\"{`) + one("b"), []string{`\"{`, "b"}, nil},
		{"nothing good", "nonsense", nil, []int{0}},
		{"brackets only", "}}]", nil, []int{0}},
	} {
		events, err := Decoder{MaxEvent: 1000}.Decode([]byte(c.body))
		var got []string
		for _, e := range events {
			got = append(got, *e.Message)
		}
		var rejected Rejected
		if err != nil && !errors.As(err, &rejected) {
			t.Errorf("%s: %v", c.name, err)
		}
		var at []int
		for _, r := range rejected {
			at = append(at, r.Index)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.rejected, at); diff != "" {
			t.Errorf("%s: rejected %v (-want +got):\n%s", c.name, rejected, diff)
		}
	}
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeGzip(t *testing.T) {
	r := httptest.NewRequest("POST", "/", bytes.NewReader(gzipped(t, []byte(one("a")))))
	r.Header.Set("Content-Encoding", "GZIP")
	events, err := Decode(r)
	if err != nil || len(events) != 1 || *events[0].Message != "a" {
		t.Errorf("%v, %v", events, err)
	}
}

// A bomb is noticed while it goes off, not when it is all there.
func TestReadTellsOfDecompressedBytes(t *testing.T) {
	full := errors.New("full")
	most := 0
	r := httptest.NewRequest("POST", "/", bytes.NewReader(gzipped(t, make([]byte, 8<<20))))
	r.Header.Set("Content-Encoding", "gzip")
	_, err := Decoder{}.Read(r, func(n int) error {
		if most += n; most > 1<<20 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || !errors.Is(err, ErrBody) || most > 3<<20 {
		t.Errorf("%v after %d bytes", err, most)
	}
}

func TestDecodeRefuses(t *testing.T) {
	bomb := gzipped(t, bytes.Repeat([]byte(" "), 8<<20))
	cut := gzipped(t, []byte(strings.Repeat(one("a"), 1000)))
	// Empty gzip members one after another decompress to nothing, for ever.
	empty := gzipped(t, nil)
	for _, c := range []struct {
		name, encoding string
		body           io.Reader
		want           error
	}{
		{"nothing", "", strings.NewReader(""), ErrEmpty},
		{"blanks", "", strings.NewReader(" \r\n "), ErrEmpty},
		{"an empty array", "", strings.NewReader("[ ]"), ErrEmpty},
		{"too much", "", strings.NewReader(strings.Repeat(" ", 2<<20)), ErrTooLarge},
		{"too much, and does not say so", "", io.MultiReader(strings.NewReader(strings.Repeat(" ", 2<<20))), ErrTooLarge},
		{"too many", "", strings.NewReader(strings.Repeat(one("a")+"\n", 101)), ErrTooLarge},
		{"a bomb", "gzip", bytes.NewReader(bomb), ErrTooLarge},
		{"no end of nothing", "gzip", bytes.NewReader(bytes.Repeat(empty, 2<<20/len(empty))), ErrTooLarge},
		{"cut off gzip", "gzip", bytes.NewReader(cut[:len(cut)/2]), ErrBody},
		{"not gzip", "gzip", strings.NewReader(one("a")), ErrBody},
		{"an encoding of the future", "brotli", strings.NewReader(one("a")), ErrEncoding},
	} {
		r := httptest.NewRequest("POST", "/", c.body)
		if c.encoding != "" {
			r.Header.Set("Content-Encoding", c.encoding)
		}
		d := Decoder{MaxBody: 1 << 20, MaxEvents: 100}
		var events []event.Event
		body, err := d.Read(r, func(int) error { return nil })
		if err == nil {
			events, err = d.Decode(body)
		}
		if !errors.Is(err, c.want) || len(events) != 0 {
			t.Errorf("%s: %d events, error %v, want %v", c.name, len(events), err, c.want)
		}
	}
}

// A body that is broken in every line must not cost its square.
func TestBrokenBodyIsLinear(t *testing.T) {
	body := []byte(strings.Repeat("{\"a\":[\n", 2<<20/7))
	s := splitter{rest: body, limit: 1 << 20}
	n := 0
	for {
		if _, ok := s.next(); !ok {
			break
		}
		n++
	}
	if n < 2 || s.wasted > maxWasted+s.limit {
		t.Errorf("%d values, %d bytes looked at in vain, want at most %d", n, s.wasted, maxWasted+s.limit)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("[" + one("a") + "," + one("b") + "]"))
	f.Add([]byte(one("a") + "\n{\"a\":{\n" + one("b") + "}}\nnull\n" + one("c")))
	f.Add([]byte(`{"service":"s","report":{"kind":"panic","crash_goroutine":{"id":1,"frames":[{"func":"main.f","file":"x.go","line":1}]},"message":"boom"},"observers":["guard"]}`))
	f.Add([]byte(`{"service":"s","class":"kill.sigkill","exit":{"status":-1,"signal":"SIGKILL"},"occurred_at":"0001-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := Decoder{MaxEvent: 4 << 10, MaxEvents: 1000}.Decode(body)
		var rejected Rejected
		if err != nil && !errors.As(err, &rejected) && len(events) > 0 {
			t.Fatalf("%d events beside error %v", len(events), err)
		}
		for i := range events {
			e := &events[i]
			Normalise(e, noon)
			checkNormal(t, e)
			// A sender that reads its own event back and sends it again must
			// not land elsewhere.
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			again, err := event.Decode(data)
			if err != nil {
				t.Fatalf("%v: %s", err, data)
			}
			Normalise(&again, noon)
			if again.Class != e.Class || again.Report.Fingerprints != e.Report.Fingerprints || again.StackHash != e.StackHash || again.Report.Kind != e.Report.Kind {
				t.Fatalf("normalised again, %s %+v %s %s became %s %+v %s %s", e.Class, e.Report.Fingerprints, e.StackHash, e.Report.Kind,
					again.Class, again.Report.Fingerprints, again.StackHash, again.Report.Kind)
			}
		}
	})
}
