package event

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/crash"
)

const headline = "panic: assignment to entry in nil map\n\n"

// dump is a traceback of n goroutines; the first one crashed.
func dump(n int) []byte {
	var b bytes.Buffer
	b.WriteString(headline)
	for i := 1; i <= n; i++ {
		state := "chan receive"
		if i == 1 {
			state = "running"
		}
		fmt.Fprintf(&b, "goroutine %d [%s]:\nexample.com/shop/cart.(*Cart).Add(0x%x)\n\t/src/shop/cart/cart.go:12 +0x1d\nmain.main()\n\t/src/shop/main.go:3 +0x2f\n\n", i, state, i*4096)
	}
	return b.Bytes()
}

// sent is what the collector gets of an event.
func sent(t *testing.T, e Evidence) Event {
	t.Helper()
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > MaxEncoded {
		t.Fatalf("%d bytes, more than MaxEncoded", len(data))
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func unread(by Observer) Evidence {
	return Evidence{ID: NewID(), Service: "shop", Observers: []Observer{by}, Build: Build{GoVersion: "go1.26.8"}}
}

func TestTextIsInterpretedOnTheOtherSide(t *testing.T) {
	for _, n := range []int{1, 2, 300, 20_000} {
		e := unread(Monitor)
		text := dump(n)
		if err := e.SetText(text); err != nil {
			t.Fatal(err)
		}
		got := sent(t, e)
		Interpret(&got)
		r := got.Report
		if r == nil || r.GoroutineCount != n || len(r.Goroutines) != min(n, MaxGoroutines) || r.Truncated != (n > MaxGoroutines) {
			t.Fatalf("%d goroutines are not all there, or not said to be left out", n)
		}
		want, err := crash.Parse(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got.Class != "panic.nil_map" || got.Message == nil || *got.Message != "assignment to entry in nil map" || got.GoroutineID != 1 ||
			got.StackHash != crash.StackHash(want) || r.Fingerprints != want.Fingerprints || r.GoVersion != "go1.26.8" {
			t.Errorf("%d goroutines: class %s, goroutine %d, stack hash %q, fingerprints %v", n, got.Class, got.GoroutineID, got.StackHash, r.Fingerprints)
		}
		if kept, _ := CutText(text); got.Text != kept || got.TextGzip != nil || got.TextCut {
			t.Errorf("%d goroutines: %d bytes of text kept of %d", n, len(got.Text), len(text))
		}
	}
}

// TestTextThatDoesNotFitKeepsItsHead has text that cannot be compressed.
func TestTextThatDoesNotFitKeepsItsHead(t *testing.T) {
	text := dump(2)
	random := rand.New(rand.NewPCG(1, 2))
	for len(text) < 3<<20 {
		text = append(text, byte(random.Uint32()))
	}
	e := unread(Monitor)
	if err := e.SetText(text); err != nil {
		t.Fatal(err)
	}
	got := sent(t, e)
	if !got.TextCut {
		t.Error("nothing says that the text lost its end")
	}
	Interpret(&got)
	if got.Class != "panic.nil_map" || !got.Report.Truncated {
		t.Errorf("class %s, truncated %v", got.Class, got.Report.Truncated)
	}
}

func TestEvidenceNobodyCanRead(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 200 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var half bytes.Buffer
	w = gzip.NewWriter(&half)
	if _, err := w.Write(dump(500)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		packed []byte
		class  crash.Class
	}{
		"no gzip":      {[]byte("garbage"), "fragment"},
		"a bomb":       {bomb.Bytes(), "fragment"},
		"half of it":   {half.Bytes()[:half.Len()/2], "panic.nil_map"},
		"nothing left": {half.Bytes()[:10], "fragment"},
	} {
		ev := unread(Guard)
		ev.TextGzip = c.packed
		e := sent(t, ev)
		Interpret(&e)
		if e.Class != c.class || e.Report == nil || len(e.Text) > MaxText || e.TextGzip != nil {
			t.Errorf("%s: class %s, %d bytes of text", name, e.Class, len(e.Text))
		}
		if c.class == "fragment" && len(e.Report.Problems) == 0 {
			t.Errorf("%s: nothing says that it could not be read", name)
		}
	}
}

// TestInterpretReadsGuards makes the report of a captured panic.
func TestInterpretReadsGuards(t *testing.T) {
	message := "runtime error: index out of range [5] with length 3"
	e := unread(Guard)
	e.GoroutineID = 7
	e.Captured = &Captured{
		Message: message, Recovered: true, Frames: []Frame{{Func: "example.com/shop/coupon.Parse", File: "coupon.go", Line: 7}},
	}
	got := sent(t, e)
	Interpret(&got)
	if g := got.Report.CrashGoroutine(); g == nil || g.ID != 7 || len(g.Frames) != 1 || !got.Report.Recovered || got.Captured != nil {
		t.Errorf("report %+v", got.Report)
	}
	if got.Message == nil || *got.Message != message || got.Report.GoVersion != e.Build.GoVersion {
		t.Errorf("message %v, Go version %q", got.Message, got.Report.GoVersion)
	}
	if got.Class != "panic.index" || got.Report.Class != "panic.index" || got.StackHash == "" || got.Report.Fingerprints.Tolerant == "" {
		t.Errorf("class %s, stack hash %q, fingerprints %v", got.Class, got.StackHash, got.Report.Fingerprints)
	}
	again := got
	Interpret(&again)
	if fmt.Sprint(again) != fmt.Sprint(got) {
		t.Error("interpreting twice changes an event")
	}
}

func FuzzInterpret(f *testing.F) {
	f.Add(dump(2), false)
	f.Add([]byte("\ngoroutine 7 [running]:\nmain.f()\n\t/m.go:1 +0x1\n"), true)
	f.Add([]byte(strings.Repeat("x", maxPlain+1)), false)
	f.Fuzz(func(t *testing.T, text []byte, byMonitor bool) {
		ev := unread(Guard)
		if byMonitor {
			ev = unread(Monitor)
		}
		if err := ev.SetText(text); err != nil {
			t.Fatal(err)
		}
		if len(text) == 0 {
			return // nothing to interpret: Decode refuses it
		}
		e := sent(t, ev)
		Interpret(&e)
		if e.Report == nil || e.Class == "" {
			t.Fatalf("%q: no report", text)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Fatal(err)
		}
	})
}

// TestEvidenceIsAnEvent holds the two structures against each other: what a
// program sends, the collector must find under the same name.
func TestEvidenceIsAnEvent(t *testing.T) {
	fields := map[string]reflect.StructField{}
	all := reflect.TypeOf(Event{})
	for i := range all.NumField() {
		f := all.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f
	}
	sent := reflect.TypeOf(Evidence{})
	for i := range sent.NumField() {
		f := sent.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if got, ok := fields[name]; !ok || got.Type != f.Type || got.Name != f.Name {
			t.Errorf("field %s %v has the name %q, which in an event is %s %v", f.Name, f.Type, name, got.Name, got.Type)
		}
	}
}
