package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
)

// carefully parses without the scanner.
func carefully(text []byte) []*Report {
	r := NewReader(bytes.NewReader(text))
	r.job.careful = true
	return parseEach(r)
}

// parseEach returns every crash of a reader, whole.
func parseEach(r *Reader) []*Report {
	var all []*Report
	for {
		report, err := r.Parse()
		if err != nil {
			return all
		}
		all = append(all, report)
	}
}

// The scanner sees what the assembler sees.
func TestScanAgrees(t *testing.T) {
	scanned := 0
	for _, file := range goldenFiles(t) {
		_, text := readGolden(t, file)
		scanned += scanAgrees(t, file, text)
	}
	if scanned < 100 {
		t.Errorf("the scanner took only %d goroutines of the golden files", scanned)
	}
	text := dump(300)
	if n := scanAgrees(t, "dump", text); n < 290 {
		t.Errorf("the scanner took only %d of 300 goroutines", n)
	}
	r := rand.New(rand.NewSource(1))
	for i := 0; i < 300; i++ {
		scanAgrees(t, fmt.Sprint("damaged dump ", i), spoil(r, text[:8000]))
	}
}

// scanAgrees returns how many goroutines the scanner took.
func scanAgrees(t *testing.T, name string, text []byte) int {
	t.Helper()
	reader := NewReader(bytes.NewReader(text))
	got, want := parseEach(reader), carefully(text)
	if len(got) != len(want) {
		t.Fatalf("%s: %d crashes, line by line %d", name, len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: crash %d\n%s\nline by line\n%s\n%s", name, i, difference(got[i], want[i]), "text:", text)
		}
	}
	return reader.job.scanned
}

func difference(a, b *Report) string {
	for i := 0; i < len(a.Goroutines) && i < len(b.Goroutines); i++ {
		if x, y := a.Goroutines[i], b.Goroutines[i]; !reflect.DeepEqual(x, y) {
			return fmt.Sprintf("goroutine %d: %+v\n%+v\n%+v\n%+v", i, x, x.CreatedBy, y, y.CreatedBy)
		}
	}
	x, y := *a, *b
	x.Goroutines, y.Goroutines = nil, nil
	return fmt.Sprintf("%d and %d goroutines: %+v\n%+v", len(a.Goroutines), len(b.Goroutines), x, y)
}

// spoil changes a few bytes or lines of a text.
func spoil(r *rand.Rand, text []byte) []byte {
	out := append([]byte(nil), text...)
	for n := 1 + r.Intn(4); n > 0; n-- {
		at := r.Intn(len(out))
		piece := []string{"\n", "(", ")", " ", "\t", "x", "\x80", "panic: y\n", "goroutine 9 [running]:\n", "...3 frames elided...\n", "\r", "exit status 2\n", "...", "created by main.f\n", "\t/x.go:1\n", "main.f(0x1)\n", "+0x"}[r.Intn(17)]
		switch r.Intn(4) {
		case 0: // instead of a byte
			out = append(out[:at:at], append([]byte(piece), out[at+1:]...)...)
		case 1: // before a line
			if i := bytes.IndexByte(out[at:], '\n'); i >= 0 {
				at += i + 1
			}
			out = append(out[:at:at], append([]byte(piece), out[at:]...)...)
		case 2: // instead of a few bytes
			end := min(len(out), at+r.Intn(80))
			out = append(out[:at:at], out[end:]...)
		case 3: // a line twice
			if i := bytes.IndexByte(out[at:], '\n'); i >= 0 {
				at += i + 1
				if end := bytes.IndexByte(out[at:], '\n'); end >= 0 {
					line := append([]byte(nil), out[at:at+end+1]...)
					out = append(out[:at:at], append(line, out[at:]...)...)
				}
			}
		}
		if len(out) == 0 {
			return []byte("\n")
		}
	}
	return out
}

func TestAllHex(t *testing.T) {
	for c := 0; c < 256; c++ {
		for at := 0; at < 19; at++ {
			text := []byte("0123456789abcdef09a")
			text[at] = byte(c)
			for from := 0; from <= at; from += 3 {
				if got, want := allHex(text[from:]), digitsHex(text[from:]) == len(text)-from; got != want {
					t.Fatalf("allHex(%q) is %v", text[from:], got)
				}
			}
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, file := range goldenFiles(f) {
		_, text := readGolden(f, file)
		f.Add(text[:min(len(text), 4000)], int64(0))
	}
	for _, text := range oddities {
		f.Add([]byte(text), int64(1))
	}
	f.Add(dump(4), int64(2))
	f.Fuzz(func(t *testing.T, text []byte, seed int64) {
		if len(text) > 0 && seed != 0 {
			text = spoil(rand.New(rand.NewSource(seed)), text)
		}
		scanAgrees(t, "fuzz", text)
	})
}

// What Next returns is bounded, and says the same as Parse does.
func TestNextFolds(t *testing.T) {
	text := dump(20_000) // more text than may be part of the message
	whole, err := Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	told, last := 0, int64(0)
	reader := NewReader(bytes.NewReader(text))
	reader.Goroutine = func(g *Goroutine) {
		told++
		if len(g.Frames) == 0 || g.ID < last {
			t.Fatalf("goroutine %d with %d frames after %d", g.ID, len(g.Frames), last)
		}
		last = g.ID
	}
	some, err := reader.Next()
	if err != nil {
		t.Fatal(err)
	}
	if some.GoroutineCount != 20_001 || told != 20_001 || len(whole.Goroutines) != 20_001 {
		t.Errorf("%d counted, %d told, %d whole", some.GoroutineCount, told, len(whole.Goroutines))
	}
	if n := len(some.Goroutines); n < keepGoroutines || n > 8000 {
		t.Errorf("%d goroutines kept", n)
	}
	if some.Fingerprints != whole.Fingerprints || some.Class != whole.Class || some.Message != whole.Message {
		t.Errorf("%s %q %v, whole %s %q %v", some.Class, some.Message, some.Fingerprints, whole.Class, whole.Message, whole.Fingerprints)
	}
	a, b := some.Fold(), whole.Fold()
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%d and %d buckets", len(a), len(b))
	}
	for i := range a {
		if a[i].Count != b[i].Count || a[i].WaitMinutes != b[i].WaitMinutes || !alike(&a[i].Goroutine, &b[i].Goroutine) {
			t.Errorf("bucket %d: %d %s, whole %d %s", i, a[i].Count, a[i].State, b[i].Count, b[i].State)
		}
	}
}

// A folded report survives JSON with all its counts.
func TestFoldedJSON(t *testing.T) {
	r, err := NewReader(bytes.NewReader(dump(60_000))).Next()
	if err != nil {
		t.Fatal(err)
	}
	first := marshal(t, r)
	var back Report
	if err := json.Unmarshal([]byte(first), &back); err != nil {
		t.Fatal(err)
	}
	if second := marshal(t, &back); second != first {
		t.Errorf("JSON is not stable: %d and %d bytes", len(first), len(second))
	}
	total := 1
	for _, b := range back.Fold() {
		total += b.Count
	}
	if total != 60_001 || len(back.Goroutines) > maxUnfolded {
		t.Errorf("%d goroutines in all, %d one by one", total, len(back.Goroutines))
	}
}

func TestCrashOnly(t *testing.T) {
	check := func(name string, text []byte) {
		t.Helper()
		reader := NewReader(bytes.NewReader(text))
		reader.CrashOnly = true
		got, want := parseEach(reader), carefully(text)
		if len(got) != len(want) {
			t.Fatalf("%s: %d crashes, want %d", name, len(got), len(want))
		}
		for i, a := range got {
			b := want[i]
			if a.GoroutineCount != b.GoroutineCount || a.Class != b.Class || a.Message != b.Message || a.Fingerprints != b.Fingerprints || !reflect.DeepEqual(a.CrashGoroutine(), b.CrashGoroutine()) {
				t.Errorf("%s: crash %d is %s %q with %d goroutines, want %s %q with %d", name, i, a.Class, a.Message, a.GoroutineCount, b.Class, b.Message, b.GoroutineCount)
			}
			if a.CrashGoroutine() != nil && a.Kind != KindRace && len(a.Goroutines) != 1 {
				t.Errorf("%s: %d goroutines kept", name, len(a.Goroutines))
			}
		}
	}
	for _, file := range goldenFiles(t) {
		_, text := readGolden(t, file)
		check(file, text)
	}
	check("dump", dump(5000))
	check("deadlock", []byte("fatal error: all goroutines are asleep - deadlock!\n\n"+strings.TrimPrefix(string(dump(50)), "panic: assignment to entry in nil map\n\n")))
	check("two dumps", append(dump(500), dump(50)...))
}
