package crash

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
)

// A keptReport is a report and what it was when it was returned.
type keptReport struct {
	report *Report
	was    string
}

// texts of a kind that make a reader use all that it keeps for the next one.
func pooledTexts(t *testing.T) []string {
	texts := []string{string(dump(300)), string(dump(40)), strings.Repeat(string(dump(5))+"exit status 2\n", 8)}
	for _, file := range goldenFiles(t) {
		_, text := readGolden(t, file)
		texts = append(texts, string(text))
	}
	labels := "panic: x\n\ngoroutine 1 [running]:\nmain.f()\n\t/src/main.go:1 +0x1\n\n" +
		strings.Repeat("goroutine 7 [select labels:{\"a\": \"b\"}]:\nmain.g(0x7)\n\t/src/main.go:2 +0x1\ncreated by main.h in goroutine 1\n\t/src/main.go:3 +0x1\n\n", 20)
	return append(texts, labels)
}

// scribble changes all that the owner of a report may change.
func scribble(r *Report) {
	frames := func(list []Frame) {
		for i := range list {
			list[i] = Frame{Func: "scribbled", Line: 1}
		}
		_ = append(list, Frame{Func: "appended"}) // into what capacity there is
	}
	frames(r.RuntimeStack)
	frames(r.Loose)
	for i := range r.Goroutines {
		g := &r.Goroutines[i]
		frames(g.Frames)
		for j := range g.Ancestors {
			frames(g.Ancestors[j].Frames)
		}
		for k := range g.Labels {
			g.Labels[k] = "scribbled"
		}
		if g.CreatedBy != nil {
			*g.CreatedBy = CreatedBy{Func: "scribbled"}
		}
		g.State, g.ID = "scribbled", -7
	}
	for i := range r.folded {
		frames(r.folded[i].Frames)
	}
	for i := range r.Panics {
		r.Panics[i].Message = "scribbled"
	}
	_ = append(r.Goroutines, Goroutine{State: "appended"})
	_ = append(r.Panics, Panic{Message: "appended"})
	_ = append(r.Problems, Problem{Code: "appended"})
}

// A serial Parallel runs its tasks one after the other, the last one first.
func serial(n int, task func(i int)) {
	for i := n - 1; i >= 0; i-- {
		task(i)
	}
}

func asText(t *testing.T, r *Report) string {
	text := marshal(t, r)
	for _, b := range r.Fold() {
		text += b.State + b.Thread
		for _, f := range b.Frames {
			text += f.Func + f.Args
		}
	}
	return text
}

// What a Reader returned is its caller's: nothing that is read later changes it,
// nor does changing it change what is read later.
func TestReportsShareNothing(t *testing.T) {
	texts := pooledTexts(t)
	var want []string // by text and report
	first := func(text string, crashOnly bool) []keptReport {
		var all []keptReport
		r := NewReader(strings.NewReader(text))
		r.CrashOnly, r.Parallel = crashOnly, serial
		for {
			report, err := r.Next()
			if err == io.EOF {
				return all
			} else if err != nil {
				t.Fatal(err)
			}
			all = append(all, keptReport{report, asText(t, report)})
		}
	}
	for _, text := range texts {
		for _, k := range first(text, false) {
			want = append(want, k.was)
		}
	}
	var wg sync.WaitGroup
	for worker := 0; worker < 2; worker++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var keep []keptReport
			for round := 0; round < 3; round++ {
				n := 0
				for i, text := range texts {
					abandoned := NewReader(strings.NewReader(text))
					if report, err := abandoned.Next(); err == nil {
						keep = append(keep, keptReport{report, asText(t, report)})
					}
					if report, err := Parse(strings.NewReader(texts[len(texts)-1-i])); err == nil {
						keep = append(keep, keptReport{report, asText(t, report)})
					}
					keep = append(keep, first(text, true)...)
					for _, k := range first(text, false) {
						if k.was != want[n] {
							t.Errorf("text %d, round %d: read otherwise than the first time:\n%s\n%s", i, round, k.was, want[n])
						}
						n++
						if round == 1 {
							scribble(k.report)
						} else {
							keep = append(keep, k)
						}
					}
					if report, err := abandoned.Next(); err == nil {
						keep = append(keep, keptReport{report, asText(t, report)})
					}
				}
			}
			for i, k := range keep {
				if now := asText(t, k.report); now != k.was {
					t.Errorf("report %d became\n%s\nand was\n%s", i, now, k.was)
				}
			}
		}()
	}
	wg.Wait()
}

// A dozing reader yields pieces of a text, and says ErrPause or nothing at all
// between them.
type dozing struct {
	rest  []byte
	piece int
	turn  int
}

func (d *dozing) Read(p []byte) (int, error) {
	d.turn++
	switch {
	case len(d.rest) == 0:
		return 0, io.EOF
	case d.turn%3 == 0:
		return 0, nil
	case d.turn%3 == 1 && d.turn > 3:
		return 0, ErrPause
	}
	n := copy(p, d.rest[:min(d.piece, len(d.rest))])
	d.rest = d.rest[n:]
	return n, nil
}

// Pauses within lines and within the goroutines that the scanner reads change
// nothing: what is paused behind a whole goroutine is returned, the rest of it
// is a fragment at most.
func TestPauses(t *testing.T) {
	text := dump(60)
	clean, err := Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range []int{1, 2, 3, 7, 64, 1000, 4096, 8192, 20000} {
		r := NewReader(&dozing{rest: text, piece: piece})
		goroutines := 0
		for {
			report, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			goroutines += report.GoroutineCount
		}
		if goroutines != clean.GoroutineCount {
			t.Errorf("pieces of %d: %d goroutines, want %d", piece, goroutines, clean.GoroutineCount)
		}
	}
}

// With CrashOnly the callback sees the goroutine that crashed and no other, with
// whatever headline and however much text.
func TestCrashOnlyGoroutine(t *testing.T) {
	for _, headline := range []string{"panic: ", "fatal error: "} {
		for _, n := range []int{5, 300, 4000} {
			text := bytes.Replace(dump(n), []byte("panic: "), []byte(headline), 1)
			for _, parallel := range []func(int, func(int)){nil, serial} {
				r := NewReader(bytes.NewReader(text))
				r.CrashOnly, r.Parallel = true, parallel
				var seen []int64
				r.Goroutine = func(g *Goroutine) { seen = append(seen, g.ID) }
				report, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if len(seen) != 1 || seen[0] != report.CrashGoroutine().ID || report.GoroutineCount != n+1 {
					t.Errorf("%q, %d goroutines of %d: %d seen", headline, report.GoroutineCount, n+1, len(seen))
				}
			}
		}
	}
}
